import { ok, type Answer } from '../kit/answer.ts';
import type { Call, PeerContext } from '../kit/start-peer.ts';
import { readCaller, withoutKey, type StripeKeys } from './auth.ts';
import { cardOutcome } from './cards.ts';
import { confirmIntent } from './confirm.ts';
import { expanded } from './expand.ts';
import { cancelIntent, captureIntent, createIntent, mergeMetadata, updateIntent } from './intents.ts';
import { listPage } from './list.ts';
import type { Intent, Metadata, StripeFact } from './objects.ts';
import {
  CancelIntent,
  CaptureIntent,
  ConfirmIntent,
  CreateIntent,
  ListQuery,
  ReadQuery,
  readParams,
  UpdateIntent,
} from './params.ts';
import { invalid } from './problems.ts';
import { changed, found, type Store } from './store.ts';

/** `/v1/payment_intents`, for the shop and, to read and confirm, for a browser. */
export const addIntentRoutes = (
  { on }: Pick<PeerContext<StripeFact>, 'on'>,
  store: Store,
  keys: StripeKeys,
): void => {
  const show = (intent: Intent, expand?: readonly string[]): Answer => ok(expanded(store, intent, expand));
  const intentOf = ({ params }: Call) => found(store.intents, params['id'], 'payment_intent');
  const seenBy = (call: Call, clientSecret: string | undefined): Intent => {
    const intent = intentOf(call);
    if (readCaller(call, keys) === 'shop' || clientSecret === intent.client_secret) return intent;
    throw invalid('payment_intent_invalid_parameter', 'The client_secret does not match.', 'client_secret');
  };
  const by = ({ headers }: Call) => store.causedBy(headers['idempotency-key']);

  on('POST /v1/payment_intents', (call) => {
    const params = readParams(CreateIntent, call.body);
    // Before the intent is there: a wrong parameter leaves nothing behind.
    if (params.payment_method) cardOutcome(params.payment_method);
    const intent = createIntent(by(call), params);
    return show(params.confirm ? confirmIntent(by(call), intent, params) : intent, params.expand);
  });
  on('GET /v1/payment_intents', ({ query }) => {
    const read = readParams(ListQuery, query);
    const filter = ({ customer }: Intent) => !read.customer || customer === read.customer;
    const page = listPage(store.intents.values(), read, { url: '/v1/payment_intents', filter });
    return ok({ ...page, data: page.data.map((intent) => expanded(store, intent, inData(read.expand))) });
  });
  on('GET /v1/payment_intents/:id', (call) => {
    const { client_secret, expand } = readParams(ReadQuery, withoutKey(call.query));
    return show(seenBy(call, client_secret), expand);
  });
  on('POST /v1/payment_intents/:id', (call) => {
    const params = readParams(UpdateIntent, call.body);
    return show(updateIntent(store, intentOf(call), params), params.expand);
  });
  on('POST /v1/payment_intents/:id/confirm', (call) => {
    const params = readParams(ConfirmIntent, withoutKey(call.body));
    return show(confirmIntent(by(call), seenBy(call, params.client_secret), params), params.expand);
  });
  on('POST /v1/payment_intents/:id/capture', (call) => {
    const { amount_to_capture, metadata, expand } = readParams(CaptureIntent, call.body);
    const captured = captureIntent(by(call), intentOf(call), amount_to_capture);
    return show(metadata ? withMetadata(store, captured, metadata) : captured, expand);
  });
  on('POST /v1/payment_intents/:id/cancel', (call) => {
    const { cancellation_reason, expand } = readParams(CancelIntent, call.body);
    return show(cancelIntent(by(call), intentOf(call), cancellation_reason ?? null), expand);
  });
};

const withMetadata = (store: Store, intent: Intent, metadata: Metadata): Intent =>
  changed(store.intents, intent, { metadata: mergeMetadata(intent.metadata, metadata) });

const inData = (fields: readonly string[] = []) => fields.map((field) => field.replace(/^data\./, ''));
