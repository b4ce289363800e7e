import { z } from 'zod';
import { action } from '../define.ts';
import { Learner } from './learner.ts';

/**
 * Looks whether we may sell to this person. `review` (a person must decide) and `unavailable` (no answer) are not yet
 * answers: the flow looks again until its deadline, and never takes either for `clear`.
 */
export const screenLearner = action({
  name: 'sanctions.screen',
  effect: 'read',
  decides: true,
  input: z.object({
    purchase: z.string(),
    learner: Learner,
    name: z.string(),
    country: z.string().optional(),
  }),
  output: z.object({ status: z.enum(['clear', 'hit', 'review', 'unavailable']) }),
});
