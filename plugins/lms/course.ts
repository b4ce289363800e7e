import { type Call, HttpError, joinUrl, z } from 'commerce-coordinator/sdk';
import type { Settings } from './settings.ts';
import { withToken } from './token.ts';

const Time = z.iso.datetime({ offset: true }).nullish();
const Course = z.object({
  enrollment_start: Time,
  enrollment_end: Time,
  invite_only: z.boolean(),
  course_modes: z.array(z.object({ slug: z.string(), expiration_datetime: Time })),
});
type Course = z.output<typeof Course>;

/** What the LMS says of a course run's enrollment; undefined where it knows no such run. */
export const courseOf = async (courseRun: string, call: Call<Settings>): Promise<Course | undefined> => {
  const url = joinUrl(call.settings.url, `api/enrollment/v1/course/${encodeURIComponent(courseRun)}`);
  // Else the LMS leaves expired modes out, and `mode-expired` would read as `mode-not-offered`.
  url.searchParams.set('include_expired', '1');
  try {
    return await withToken(call, (authorization) =>
      call.http.json(Course, { method: 'GET', url, headers: { authorization } }),
    );
  } catch (error) {
    if (error instanceof HttpError && (error.status === 404 || error.status === 400)) return undefined;
    throw error;
  }
};

const isPast = (time: string | null | undefined): boolean =>
  typeof time === 'string' && Date.parse(time) <= Date.now();

/** Why nobody who is not yet in this course run may enter it now. */
export const whyNoEntry = ({ invite_only, enrollment_start, enrollment_end }: Course): string | undefined => {
  if (invite_only) return 'invite-only';
  const isEarly = typeof enrollment_start === 'string' && !isPast(enrollment_start);
  return isEarly || isPast(enrollment_end) ? 'closed' : undefined;
};

/** Why nobody may get this mode of the course run now. */
export const whyNoMode = ({ course_modes }: Course, mode: string): string | undefined => {
  const offered = course_modes.find(({ slug }) => slug === mode);
  if (!offered) return 'mode-not-offered';
  return isPast(offered.expiration_datetime) ? 'mode-expired' : undefined;
};
