import { z } from 'zod';
import { action } from '../define.ts';
import { Money } from '../money.ts';
import { Quote } from './catalog.ts';

/** Opens the order in the order system, which names it. Its lines are what is due, a zero line included. */
export const openOrder = action({
  name: 'order.open',
  effect: 'write',
  input: z.object({ purchase: z.string(), quote: Quote }),
  output: z.object({ order: z.string().min(1).max(64) }),
  key: ({ purchase }) => purchase,
  same: ({ quote }) => [
    quote.learner,
    quote.total,
    quote.lines.map((line) => [line.id, line.courseRun, line.mode, line.total]),
  ],
  facts: ({ quote }, { order }, by) =>
    quote.lines.map((line) => ({
      kind: 'due',
      service: by,
      reference: `${order}/${line.id}`,
      order,
      line: line.id,
      money: line.total,
    })),
  reference: ({ order }) => order,
  order: (_input, { order }) => order,
});

/** Closes an order that came to nothing. */
export const cancelOrder = action({
  name: 'order.cancel',
  effect: 'write',
  input: z.object({ purchase: z.string(), order: z.string() }),
  output: z.object({}),
  key: ({ purchase }) => purchase,
  reverses: ({ purchase }) => [{ action: 'order.open', key: purchase }],
  order: ({ order }) => order,
});

/** Writes into the order what became of it. One effect per order and state. */
export const recordOrder = action({
  name: 'order.record',
  effect: 'write',
  input: z.object({
    order: z.string(),
    state: z.enum(['completed', 'refunded']),
    payment: z.object({ service: z.string(), reference: z.string(), amount: Money }).optional(),
    lines: z.array(z.object({ id: z.string(), state: z.enum(['granted', 'not-granted']) })),
  }),
  output: z.object({}),
  key: ({ order, state }) => `${order}/${state}`,
  order: ({ order }) => order,
});
