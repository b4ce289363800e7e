import type { Ledger } from '../kit/ledger.ts';
import { newId, nowSeconds, type Charge, type Intent, type Refund, type StripeFact } from './objects.ts';
import { missing } from './problems.ts';
import type { Webhooks } from './webhooks.ts';

/** The account's version that webhooks are written in. */
const apiVersion = '2026-10-28.endive';

export type Store = {
  readonly intents: Map<string, Intent>;
  readonly charges: Map<string, Charge>;
  readonly refunds: Map<string, Refund>;
  readonly ledger: Ledger<StripeFact>;
  /** Tells a change to the webhooks. */
  readonly emit: (type: string, object: Intent | Charge | Refund) => void;
  /** The same store for one request: its key stands in the events, as at Stripe. */
  readonly causedBy: (idempotencyKey: string | undefined) => Store;
  readonly clear: () => void;
};

export const createStore = (ledger: Ledger<StripeFact>, webhooks: Webhooks): Store => {
  const intents = new Map<string, Intent>();
  const charges = new Map<string, Charge>();
  const refunds = new Map<string, Refund>();
  const emitter = (key: string | undefined): Store['emit'] => {
    return (type, object) =>
      webhooks.publish({
        id: newId('evt'),
        object: 'event',
        api_version: apiVersion,
        created: nowSeconds(),
        data: { object },
        livemode: false,
        pending_webhooks: 1,
        request: { id: key ? newId('req') : null, idempotency_key: key ?? null },
        type,
      });
  };
  const store: Store = {
    ...{ intents, charges, refunds, ledger },
    emit: emitter(undefined),
    causedBy: (key) => ({ ...store, emit: emitter(key) }),
    clear: () => [intents, charges, refunds].forEach((map) => map.clear()),
  };
  return store;
};

/** Objects are replaced, never changed in place: what an event or an answer shows stays as it was. */
export const changed = <Kind extends { readonly id: string }>(
  map: Map<string, Kind>,
  { id }: Kind,
  change: Partial<Kind>,
): Kind => {
  const next = { ...found(map, id, 'object'), ...change };
  map.set(id, next);
  return next;
};

export const found = <Kind>(map: ReadonlyMap<string, Kind>, id: string | undefined, noun: string): Kind => {
  const object = map.get(id ?? '');
  if (!object) throw missing(noun, id ?? '', noun === 'payment_intent' ? 'intent' : 'id');
  return object;
};

export const orderOf = ({ metadata }: Intent): string | null =>
  metadata['order'] ?? metadata['order_number'] ?? null;
