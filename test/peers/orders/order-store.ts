import { z } from 'zod';
import { Refusal } from '../kit/answer.ts';
import type { Ledger } from '../kit/ledger.ts';

const Amount = z.int().nonnegative();
export const NewOrder = z.strictObject({
  reference: z.string().min(1),
  customer: z.string().min(1),
  currency: z.string().regex(/^[A-Z]{3}$/),
  lines: z
    .array(z.strictObject({ id: z.string(), product: z.string(), mode: z.string(), total: Amount }))
    .min(1),
  total: Amount,
});
export const Record = z.strictObject({
  state: z.enum(['completed', 'refunded', 'partly-refunded']),
  payment: z
    .strictObject({
      processor: z.string(),
      reference: z.string(),
      amount: Amount,
      currency: z.string(),
    })
    .optional(),
  lines: z.array(z.strictObject({ id: z.string(), state: z.string() })),
});
export type Record = z.output<typeof Record>;
type Line = z.output<typeof NewOrder>['lines'][number] & { readonly state: string };

export type Order = Omit<z.output<typeof NewOrder>, 'lines'> & {
  readonly number: string;
  readonly state: 'open' | 'canceled' | Record['state'];
  readonly version: number;
  readonly lines: readonly Line[];
  readonly payment: Record['payment'] | null;
  readonly created_at: string;
  readonly updated_at: string;
};

type About = { readonly number: string; readonly reference: string };
export type OrdersFact =
  | ({
      readonly kind: 'order-opened';
      readonly customer: string;
      readonly total: number;
      readonly currency: string;
    } & About)
  | ({ readonly kind: 'order-canceled' } & About)
  | ({ readonly kind: 'order-recorded' } & About & Record);

export type OrderStore = {
  readonly open: (wanted: z.output<typeof NewOrder>) => Order;
  readonly cancel: (order: Order) => Order;
  readonly record: (order: Order, record: Record) => Order;
  readonly find: (number: string) => Order | undefined;
  /** Newest first. */
  readonly all: () => readonly Order[];
  readonly clear: () => void;
};

/** The orders and what may be done to them. */
export const createOrderStore = (ledger: Ledger<OrdersFact>, firstNumber: number): OrderStore => {
  const kept = new Map<string, Order>();
  const records = new Map<string, readonly Record[]>();
  // Numbers go on over a reset: an order number is never given twice.
  let next = firstNumber;
  const change = (order: Order, by: Partial<Order>): Order => {
    const changed = { ...order, ...by, version: order.version + 1, updated_at: new Date().toISOString() };
    kept.set(order.number, changed);
    return changed;
  };
  return {
    open: (wanted) => {
      const order = newOrder(`CC-${next++}`, wanted);
      const { number, reference, customer, total, currency } = order;
      kept.set(number, order);
      ledger.add({ kind: 'order-opened', number, reference, customer, total, currency });
      return order;
    },
    cancel: (order) => {
      const { number, reference, state } = order;
      if (state === 'canceled') return order;
      if (state !== 'open') throw refusal(409, `${number} is ${state} and cannot be canceled`);
      ledger.add({ kind: 'order-canceled', number, reference });
      return change(order, { state: 'canceled' });
    },
    record: (order, record) => {
      const before = records.get(order.number) ?? [];
      if (before.some((old) => isEqual(old, record))) return order;
      checkRecord(order, record, before);
      records.set(order.number, [...before, record]);
      ledger.add({ kind: 'order-recorded', number: order.number, reference: order.reference, ...record });
      const states = new Map(record.lines.map(({ id, state }) => [id, state]));
      return change(order, {
        state: record.state,
        payment: record.payment ?? order.payment,
        lines: order.lines.map((line) => ({ ...line, state: states.get(line.id) ?? line.state })),
      });
    },
    find: (number) => kept.get(number),
    all: () => [...kept.values()].reverse(),
    clear: () => [kept, records].forEach((map) => map.clear()),
  };
};

export const refusal = (status: number, message: string): Refusal =>
  new Refusal({ status, body: { message } });

const newOrder = (number: string, wanted: z.output<typeof NewOrder>): Order => {
  const at = new Date().toISOString();
  const lines = wanted.lines.map((line) => ({ ...line, state: 'open' }));
  return {
    ...wanted,
    number,
    state: 'open',
    version: 1,
    lines,
    payment: null,
    created_at: at,
    updated_at: at,
  };
};

/** Part refunds may come one after the other; every other state is recorded once. */
const checkRecord = ({ number, state, lines }: Order, record: Record, before: readonly Record[]) => {
  const isSettled = record.state !== 'partly-refunded' && before.some((old) => old.state === record.state);
  if (state === 'canceled' || isSettled)
    throw refusal(409, `${number} is ${state} and has another record of '${record.state}'`);
  const unknown = record.lines.find(({ id }) => lines.every((line) => line.id !== id));
  if (unknown) throw refusal(422, `${number} has no line '${unknown.id}'`);
};

/** Both were read by the same schema, so their keys stand in the same order. */
const isEqual = (one: Record, other: Record) => JSON.stringify(one) === JSON.stringify(other);
