import { z } from 'zod';
import { Learner } from './actions/learner.ts';
import { signal } from './define.ts';
import { Money } from './money.ts';

/** A purchase has come to its good end: paid or free, granted and recorded. */
export const purchaseCompleted = signal(
  'purchase.completed',
  z.object({
    order: z.string(),
    learner: Learner,
    lines: z.array(z.object({ id: z.string(), courseRun: z.string(), mode: z.string(), total: Money })),
    total: Money,
  }),
);
