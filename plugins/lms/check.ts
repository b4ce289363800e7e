import type { Call, In, Out } from 'commerce-coordinator/sdk';
import { courseOf, whyNoEntry, whyNoMode } from './course.ts';
import { standingOf } from './enrollment.ts';
import { accountOf } from './learner.ts';
import type { Settings } from './settings.ts';

export const checkEnrollment = async (
  { learner, line }: In<'enrollment.check'>,
  call: Call<Settings>,
): Promise<Out<'enrollment.check'>> => {
  const { courseRun, mode } = line;
  const { username } = await accountOf(learner, call);
  const course = await courseOf(courseRun, call);
  if (!course) return { status: 'refused', reason: 'unknown-course' };
  const before = await standingOf({ username, courseRun }, call);
  if (before?.active && before.mode === mode) return { status: 'refused', reason: 'already-enrolled' };
  // Who is in the course already may upgrade for as long as the mode is sold, doors closed or not.
  const reason = whyNoMode(course, mode) ?? (before?.active ? undefined : whyNoEntry(course));
  if (reason) return { status: 'refused', reason };
  return { status: 'possible', ...(before && { before }) };
};
