import { ok } from '../kit/answer.ts';
import type { PeerContext } from '../kit/start-peer.ts';
import { expanded } from './expand.ts';
import { listPage } from './list.ts';
import type { Charge, Refund, StripeFact } from './objects.ts';
import { CreateRefund, ListQuery, ReadQuery, readParams } from './params.ts';
import { createRefund } from './refunds.ts';
import { found, type Store } from './store.ts';
import type { Webhooks } from './webhooks.ts';

type On = Pick<PeerContext<StripeFact>, 'on'>;

/** `/v1/refunds` and `/v1/charges`. */
export const addMoneyRoutes = ({ on }: On, store: Store, nextIsPending: () => boolean): void => {
  const { charges, refunds } = store;
  on('POST /v1/refunds', ({ body, headers }) => {
    const params = readParams(CreateRefund, body);
    const refund = createRefund(store.causedBy(headers['idempotency-key']), { params, nextIsPending });
    return ok(expanded(store, refund, params.expand));
  });
  on('GET /v1/refunds', ({ query }) => {
    const read = readParams(ListQuery, query);
    const filter = (refund: Refund) =>
      (!read.payment_intent || refund.payment_intent === read.payment_intent) &&
      (!read.charge || refund.charge === read.charge);
    return ok(listPage(refunds.values(), read, { url: '/v1/refunds', filter }));
  });
  on('GET /v1/refunds/:id', ({ params, query }) =>
    ok(expanded(store, found(refunds, params['id'], 'refund'), readParams(ReadQuery, query).expand)),
  );
  on('GET /v1/charges', ({ query }) => {
    const read = readParams(ListQuery, query);
    const filter = (charge: Charge) => !read.payment_intent || charge.payment_intent === read.payment_intent;
    return ok(listPage(charges.values(), read, { url: '/v1/charges', filter }));
  });
  on('GET /v1/charges/:id', ({ params, query }) =>
    ok(expanded(store, found(charges, params['id'], 'charge'), readParams(ReadQuery, query).expand)),
  );
};

/** `/v1/events`: what the webhooks told, or should have told. */
export const addEventRoutes = ({ on }: On, webhooks: Webhooks): void => {
  on('GET /v1/events', ({ query }) => {
    const read = readParams(ListQuery, query);
    const wanted = read.types ?? (read.type ? [read.type] : undefined);
    const filter = ({ type }: { type: string }) => !wanted || wanted.includes(type);
    return ok(listPage(webhooks.events(), read, { url: '/v1/events', filter }));
  });
  on('GET /v1/events/:id', ({ params }) => {
    const events = new Map(webhooks.events().map((event) => [event.id, event]));
    return ok(found(events, params['id'], 'event'));
  });
};
