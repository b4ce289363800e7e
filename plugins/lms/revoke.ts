import type { Implementation, In } from 'commerce-coordinator/sdk';
import { enroll, isSame, type Standing, standingOf } from './enrollment.ts';
import { accountOf } from './learner.ts';
import type { Settings } from './settings.ts';

/** What a learner goes back to. Deactivation names the current mode: the LMS refuses every other one. */
const goalOf = ({ line, before }: Pick<In<'enrollment.revoke'>, 'line' | 'before'>): Standing =>
  before?.active ? before : { mode: line.mode, active: false };

export const revokeEnrollment: Implementation<'enrollment.revoke', Settings> = {
  run: async ({ learner, line, before }, call) => {
    const { courseRun, mode } = line;
    const held = { mode, active: true };
    const { username } = await accountOf(learner, call);
    const now = await standingOf({ username, courseRun }, call);
    // Held before us means held without us: not ours to take.
    if (!isSame(now, held) || isSame(before, held)) return { status: 'not-held' };
    await enroll({ username, courseRun }, goalOf({ line, before }), call);
    return { status: 'revoked' };
  },
  onDoubt: {
    lookup: async ({ learner, line, before }, call) => {
      const { username } = await accountOf(learner, call);
      const now = await standingOf({ username, courseRun: line.courseRun }, call);
      if (isSame(now, { mode: line.mode, active: true })) return 'absent';
      return isSame(now, goalOf({ line, before })) ? { found: { status: 'revoked' } } : 'undecided';
    },
  },
};
