import {
  type Call,
  HttpError,
  type Implementation,
  type In,
  type Out,
  ParkError,
} from 'commerce-coordinator/sdk';
import { enroll, isSame, type Standing, standingOf } from './enrollment.ts';
import { accountOf } from './learner.ts';
import type { Settings } from './settings.ts';

type Granted = Extract<Out<'enrollment.grant'>, { status: 'created' | 'upgraded' | 'reactivated' }>;

/** Names us in the enrollment's attributes, by which everybody can tell whose enrollment it is. */
const SOURCE_SYSTEM = 'commerce-coordinator';

const becameFrom = (before: Standing | undefined): Granted => {
  if (!before) return { status: 'created' };
  return { status: before.active ? 'upgraded' : 'reactivated' };
};

/** The LMS's refusals that need nobody to look: this learner will not get this mode of this course run. */
const reasonOf = ({ status, body }: HttpError): string | undefined => {
  if (status === 403 || status === 404) return 'not-allowed';
  if (status === 406) return 'unknown-learner';
  if (status !== 400) return undefined;
  // It sends the course along when the mode is the trouble.
  if (body.includes('course_details')) return 'mode-not-offered';
  return /no course|invalid course|course.*not found/i.test(body) ? 'unknown-course' : undefined;
};

const grant = async (
  { learner, order, line }: In<'enrollment.grant'>,
  call: Call<Settings>,
): Promise<Out<'enrollment.grant'>> => {
  const { courseRun, mode } = line;
  const { username } = await accountOf(learner, call);
  const now = await standingOf({ username, courseRun }, call);
  // The LMS would answer 200 and change nothing, not even the attributes: somebody else's grant would look like ours.
  // Our own lost answer does not come here: then the host asks the look-up.
  if (now?.active && now.mode === mode) return { status: 'refused', reason: 'held-by-another' };
  const attributes = { order_number: order, line_item_id: line.id, source_system: SOURCE_SYSTEM };
  try {
    const after = await enroll({ username, courseRun }, { mode, active: true, attributes }, call);
    if (isSame(after, { mode, active: true })) return becameFrom(now);
    throw new ParkError(
      'service.malformed-answer',
      `The LMS was asked for '${mode}' of ${courseRun} and answered '${after.mode}', ${after.active ? 'active' : 'inactive'}.`,
    );
  } catch (error) {
    const reason = error instanceof HttpError ? reasonOf(error) : undefined;
    if (!reason) throw error;
    return { status: 'refused', reason };
  }
};

export const grantEnrollment: Implementation<'enrollment.grant', Settings> = {
  run: grant,
  onDoubt: {
    lookup: async ({ learner, line: { courseRun, mode }, before }, call) => {
      const { username } = await accountOf(learner, call);
      const now = await standingOf({ username, courseRun }, call);
      // First: who held this before us has nothing of ours to find.
      if (isSame(now, before)) return 'absent';
      return isSame(now, { mode, active: true }) ? { found: becameFrom(before) } : 'undecided';
    },
  },
};
