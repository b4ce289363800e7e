import { z } from 'zod';
import { action } from '../define.ts';
import { Line } from './catalog.ts';
import { Learner } from './learner.ts';

/** How the learner stood in the course run before we touched it: what an upgrade goes back to. */
export const Enrollment = z.object({ mode: z.string(), active: z.boolean() });
export type Enrollment = z.infer<typeof Enrollment>;

const Refused = z.object({ status: z.literal('refused'), reason: z.string() });

/** Looks whether this learner could be enrolled now. `refused` includes a learner who already holds what the line would give. */
export const checkEnrollment = action({
  name: 'enrollment.check',
  effect: 'read',
  decides: true,
  input: z.object({ learner: Learner, line: Line }),
  output: z.discriminatedUnion('status', [
    z.object({ status: z.literal('possible'), before: Enrollment.optional() }),
    Refused,
  ]),
});

/**
 * Gives the learner what the line paid for. `before` is what `enrollment.check` saw: with it a look-up can tell our
 * own grant from somebody else's. An enrollment that another order holds is `refused`, never taken for ours.
 */
export const grantEnrollment = action({
  name: 'enrollment.grant',
  effect: 'write',
  moves: 'grant',
  input: z.object({ learner: Learner, order: z.string(), line: Line, before: Enrollment.optional() }),
  output: z.discriminatedUnion('status', [
    z.object({ status: z.enum(['created', 'upgraded', 'reactivated']) }),
    Refused,
  ]),
  key: ({ order, line }) => `${order}/${line.id}`,
  same: ({ learner, line }) => [learner, line.courseRun, line.mode],
  rightTo: ({ order, line }) => ({ order, line: line.id }),
  facts: ({ order, line }, done, by) =>
    done.status === 'refused'
      ? []
      : [
          {
            kind: 'granted',
            state: 'held',
            service: by,
            reference: `${order}/${line.id}`,
            order,
            line: line.id,
          },
        ],
  order: ({ order }) => order,
});

/** Takes a grant back and restores what was before it. `not-held`: there was nothing of ours to take back. */
export const revokeEnrollment = action({
  name: 'enrollment.revoke',
  effect: 'write',
  moves: 'grant',
  input: z.object({ learner: Learner, order: z.string(), line: Line, before: Enrollment.optional() }),
  output: z.object({ status: z.enum(['revoked', 'not-held']) }),
  key: ({ order, line }) => `${order}/${line.id}`,
  same: ({ learner, line }) => [learner, line.courseRun, line.mode],
  facts: ({ order, line }, _done, by) => [
    {
      kind: 'granted',
      state: 'revoked',
      service: by,
      reference: `${order}/${line.id}`,
      order,
      line: line.id,
    },
  ],
  reverses: ({ order, line }) => [{ action: 'enrollment.grant', key: `${order}/${line.id}` }],
  order: ({ order }) => order,
});
