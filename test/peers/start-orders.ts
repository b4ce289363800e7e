/**
 * Stands for a plain order system: it names orders, keeps their lines and states, and is nobody's workflow.
 *
 * On purpose it does NOT deduplicate and ignores Idempotency-Key: what we open twice is there twice, and a test sees it.
 * A caller finds its own orders again by `reference`. Cancel and an equal record are harmless to repeat; a different
 * record for a state that is already recorded is a conflict (409), as is a cancel after completion.
 * Simplified: no customers, addresses, taxes, carts or discounts; money is integer minor units; versions are counted and
 * never asked for; no messages of its own. `lagLookups` plays a search index that runs behind its writes.
 */
import { z } from 'zod';
import { ok } from './kit/answer.ts';
import { startPeer, type Call, type Peer, type PeerContext, type PeerOptions } from './kit/start-peer.ts';
import {
  createOrderStore,
  NewOrder,
  Record,
  refusal,
  type Order,
  type OrdersFact,
  type OrderStore,
} from './orders/order-store.ts';

export type OrdersPeer = Peer<OrdersFact> & {
  readonly order: (number: string) => Order | undefined;
  readonly orders: () => readonly Order[];
  /** The next look-ups by reference answer nothing; counts how many did although there was something to find. */
  readonly lagLookups: (times: number) => { readonly observed: number };
};

export type OrdersOptions = PeerOptions & {
  readonly token: string;
  /** Number of the first order, 100001 if left out. A peer whose caller remembers older orders needs another. */
  readonly firstNumber?: number;
};

export const startOrders = ({
  token,
  firstNumber = 100_001,
  ...options
}: OrdersOptions): Promise<OrdersPeer> =>
  startPeer<OrdersFact, Omit<OrdersPeer, keyof Peer<OrdersFact>>>(
    'orders',
    (context) => {
      const store = createOrderStore(context.ledger, firstNumber);
      const lag = createLag();
      context.onReset(store.clear);
      context.onReset(() => lag.arm(0));
      addOrderRoutes(context, store, { token, lag });
      context.control('POST /_peer/lag', ({ body }) => {
        lag.arm(z.strictObject({ times: z.int().positive() }).parse(body).times);
        return ok({});
      });
      context.control('GET /_peer/lag', () => ok({ observed: lag.observed() }));
      return { order: store.find, orders: () => store.all().toReversed(), lagLookups: lag.arm };
    },
    options,
  );

type Lag = ReturnType<typeof createLag>;
type Guards = { readonly token: string; readonly lag: Lag };
const ListQuery = z.object({
  reference: z.string().optional(),
  created_after: z.string().optional(),
  limit: z.coerce.number().int().positive().default(100),
});

const addOrderRoutes = (
  { on }: Pick<PeerContext<OrdersFact>, 'on'>,
  store: OrderStore,
  { token, lag }: Guards,
) => {
  const known = ({ headers }: Call) => {
    if (headers['authorization'] !== `Bearer ${token}`) throw refusal(401, 'unknown token');
  };
  const find = (call: Call): Order => {
    known(call);
    const { number = '' } = call.params;
    const order = store.find(number);
    if (!order) throw refusal(404, `no order ${number}`);
    return order;
  };
  on('POST /v1/orders', (call) => {
    known(call);
    return { status: 201, body: store.open(read(NewOrder, call.body)) };
  });
  on('GET /v1/orders', (call) => {
    known(call);
    const { reference, created_after: after, limit } = read(ListQuery, call.query);
    const results = store
      .all()
      .filter(
        (order) =>
          (reference === undefined || order.reference === reference) &&
          (after === undefined || order.created_at > after),
      )
      .slice(0, limit);
    return ok({ results: reference === undefined ? results : lag.behind(results) });
  });
  on('GET /v1/orders/:number', (call) => ok(find(call)));
  on('POST /v1/orders/:number/cancel', (call) => ok(store.cancel(find(call))));
  on('POST /v1/orders/:number/record', (call) => ok(store.record(find(call), read(Record, call.body))));
};

/** An index behind its writes: the next look-ups find nothing. Observed only where there was something to find. */
const createLag = () => {
  let armed = { left: 0, observed: 0 };
  return {
    arm: (times: number): { readonly observed: number } => {
      armed = { left: times, observed: 0 };
      return armed;
    },
    observed: () => armed.observed,
    behind: (results: readonly Order[]): readonly Order[] => {
      if (armed.left <= 0) return results;
      armed.left -= 1;
      if (results.length) armed.observed += 1;
      return [];
    },
  };
};

const read = <Schema extends z.ZodType>(schema: Schema, given: unknown): z.output<Schema> => {
  const parsed = schema.safeParse(given);
  if (!parsed.success) throw refusal(422, z.prettifyError(parsed.error));
  return parsed.data;
};
