import { type Call, joinUrl, z } from 'commerce-coordinator/sdk';
import type { Settings } from './settings.ts';

const Order = z.object({
  number: z.string().min(1),
  reference: z.string(),
  state: z.string(),
  lines: z.array(z.object({ id: z.string(), state: z.string() })),
});
export type Order = z.output<typeof Order>;

/** By 409 a cancel and a record say that the order stands otherwise, and that they changed nothing. */
const STANDS_OTHERWISE = { refusals: [409] };

interface Request {
  readonly method: 'GET' | 'POST';
  readonly path: string;
  readonly body?: object;
  readonly refusals?: readonly number[];
}

const ask = <T extends z.ZodType>(
  answer: T,
  { path, ...request }: Request,
  { settings, http }: Call<Settings>,
): Promise<z.output<T>> =>
  http.json(answer, {
    ...request,
    url: joinUrl(settings.url, path),
    headers: { authorization: `Bearer ${settings.token}` },
  });

const pathOf = (order: string): string => `v1/orders/${encodeURIComponent(order)}`;

/** Creates an order, each time anew: the Service knows no idempotency key. */
export const createOrder = (body: object, call: Call<Settings>): Promise<Order> =>
  ask(Order, { method: 'POST', path: 'v1/orders', body }, call);

export const readOrder = (order: string, call: Call<Settings>): Promise<Order> =>
  ask(Order, { method: 'GET', path: pathOf(order) }, call);

/** Harmless to do again. */
export const cancel = (order: string, call: Call<Settings>): Promise<Order> =>
  ask(Order, { method: 'POST', path: `${pathOf(order)}/cancel`, ...STANDS_OTHERWISE }, call);

/** Harmless to do again with an equal body; another one is refused with 409. */
export const record = (order: string, body: object, call: Call<Settings>): Promise<Order> =>
  ask(Order, { method: 'POST', path: `${pathOf(order)}/record`, body, ...STANDS_OTHERWISE }, call);

/** All orders that carry our reference: none, one, or duplicates. */
export const ordersOf = async (reference: string, call: Call<Settings>): Promise<readonly Order[]> => {
  const query = new URLSearchParams({ reference });
  const found = z.object({ results: z.array(Order) });
  const { results } = await ask(found, { method: 'GET', path: `v1/orders?${query}` }, call);
  // The Service filters; an order of another purchase must not be taken for ours even if it does not.
  return results.filter((order) => order.reference === reference);
};
