import { z } from 'zod';
import { action } from '../define.ts';

/** The LMS's own user id, as text: it names nobody outside the LMS, so it may stand in ids and search attributes. */
export const Learner = z.string().regex(/^\d{1,18}$/, "the LMS user id, such as '1001'");

/** The learner's name, country and address as the LMS has them now. Personal data: read late, kept nowhere. */
export const readLearner = action({
  name: 'learner.read',
  effect: 'read',
  input: z.object({ learner: Learner }),
  output: z.object({
    username: z.string(),
    name: z.string(),
    email: z.email(),
    country: z.string().optional(),
  }),
});
