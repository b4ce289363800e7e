import { z } from 'zod';
import { action } from '../define.ts';
import { Money } from '../money.ts';
import { Learner } from './learner.ts';

/** What a learner asks to buy: one seat in one course run. */
export const Item = z.strictObject({
  courseRun: z.string().min(1).max(255),
  mode: z.string().min(1).max(100).default('verified'),
});
/** One line of a quote or an order; `id` is unique within it and stays the same for ever. */
export const Line = z.object({
  id: z.string(),
  courseRun: z.string(),
  mode: z.string(),
  title: z.string().optional(),
  total: Money,
});
export type Line = z.infer<typeof Line>;

/** What the items cost, all taken together. */
export const Quote = z.object({ learner: Learner, lines: z.array(Line).min(1), total: Money });
export type Quote = z.infer<typeof Quote>;

/** Prices the items by the catalog. `refused`: not for sale, with the reason. */
export const quotePurchase = action({
  name: 'catalog.quote',
  effect: 'read',
  decides: true,
  input: z.object({ purchase: z.string(), learner: Learner, items: z.array(Item).min(1) }),
  output: z.discriminatedUnion('status', [
    z.object({ status: z.literal('quoted'), quote: Quote }),
    z.object({ status: z.literal('refused'), reason: z.string() }),
  ]),
});
