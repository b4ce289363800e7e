import { z } from 'zod';
import { action } from '../define.ts';
import { Money } from '../money.ts';
import { Line } from './catalog.ts';

/** Tells the learner what became of the purchase. A duplicate is tolerable, silence is recorded. */
export const sendReceipt = action({
  name: 'receipt.send',
  effect: 'notify',
  input: z.object({
    order: z.string(),
    outcome: z.enum(['completed', 'refunded']),
    name: z.string(),
    email: z.email(),
    lines: z.array(Line),
    total: Money,
  }),
  output: z.object({}),
});
