import { z } from 'zod';
import { ok, Refusal } from '../kit/answer.ts';
import type { PeerContext } from '../kit/start-peer.ts';
import type { StripeFact } from './objects.ts';
import type { StripeActions } from './actions.ts';
import type { Webhooks } from './webhooks.ts';

const Endpoint = z.strictObject({ url: z.url().optional() });
const Rule = z.strictObject({
  kind: z.enum(['lose', 'duplicate', 'hold']),
  type: z.string().optional(),
  times: z.union([z.int().positive(), z.literal('always')]).optional(),
  copies: z.int().positive().optional(),
});
const Release = z.strictObject({ order: z.enum(['made', 'reversed']).optional() });

/** The peer's own routes: what the world does around a payment, and how its webhooks travel. */
export const addStripeControls = (
  { control }: Pick<PeerContext<StripeFact>, 'control'>,
  actions: StripeActions,
  webhooks: Webhooks,
): void => {
  const plays = (route: string, moves: Readonly<Record<string, (id: string) => unknown>>) =>
    control(`POST /_peer/${route}/:id/:move`, ({ params }) => {
      const { id = '', move = '' } = params;
      const play = moves[move];
      if (!play) throw new Refusal({ status: 404, body: { message: `'${route}' has no '${move}'.` } });
      return ok(play(id));
    });
  // Before the pattern `refunds/:id/:move`, which has one part more.
  control('POST /_peer/refunds/pending', ({ body }) => {
    actions.startRefundsPending(z.object({ times: z.int().positive().optional() }).parse(body ?? {}).times);
    return ok({});
  });
  control('POST /_peer/keys/expire', ({ body }) => {
    actions.expireKeys(z.object({ key: z.string().optional() }).parse(body ?? {}).key);
    return ok({});
  });
  plays('3ds', { complete: actions.complete3ds, fail: actions.fail3ds });
  plays('processing', { succeed: actions.succeedProcessing, fail: actions.failProcessing });
  plays('intents', { expire: actions.expireIntent });
  plays('refunds', { succeed: actions.succeedRefund, fail: actions.failRefund });

  control('POST /_peer/webhooks/endpoint', ({ body }) => {
    webhooks.setEndpoint(Endpoint.parse(body ?? {}).url);
    return ok({});
  });
  control('POST /_peer/webhooks/rules', ({ body }) => ok(webhooks.arm(Rule.parse(body))));
  control('DELETE /_peer/webhooks/rules', () => {
    webhooks.disarm();
    return ok({ rules: webhooks.rules() });
  });
  control('POST /_peer/webhooks/release', ({ body }) => {
    webhooks.releaseHeld(Release.parse(body ?? {}).order);
    return ok({});
  });
  control('POST /_peer/webhooks/resend', ({ body }) => {
    webhooks.resend(z.strictObject({ event: z.string() }).parse(body).event);
    return ok({});
  });
  control('GET /_peer/webhooks', () =>
    ok({ rules: webhooks.rules(), events: webhooks.events(), deliveries: webhooks.deliveries() }),
  );
};
