import {
  type Call,
  HttpError,
  joinUrl,
  type Money,
  ParkError,
  parseMoney,
  z,
} from 'commerce-coordinator/sdk';
import type { Settings } from './settings.ts';
import { withToken } from './token.ts';

const Time = z.iso.datetime({ offset: true }).nullish();
const Seat = z.object({
  type: z.string(),
  // Text, never a number: a number would have been a float on its way here.
  price: z.string(),
  currency: z.string().regex(/^[A-Z]{3}$/),
  upgrade_deadline: Time,
});
const CourseRun = z.object({
  title: z.string().nullish(),
  status: z.string(),
  enrollment_start: Time,
  enrollment_end: Time,
  seats: z.array(Seat),
});
type CourseRun = z.output<typeof CourseRun>;
type Seat = z.output<typeof Seat>;

/** The catalog's record of a course run; undefined where it knows none. */
export const courseRunOf = async (key: string, call: Call<Settings>): Promise<CourseRun | undefined> => {
  const url = joinUrl(call.settings.url, `api/v1/course_runs/${encodeURIComponent(key)}/`);
  try {
    return await withToken(call, (authorization) =>
      call.http.json(CourseRun, { method: 'GET', url, headers: { authorization } }),
    );
  } catch (error) {
    if (error instanceof HttpError && error.status === 404) return undefined;
    throw error;
  }
};

const isPast = (time: string | null | undefined): boolean =>
  typeof time === 'string' && Date.parse(time) <= Date.now();

/** Whether the seat is on sale at this moment. */
export const isOnSale = (
  { enrollment_start, enrollment_end }: CourseRun,
  { upgrade_deadline }: Seat,
): boolean => {
  const isEarly = typeof enrollment_start === 'string' && !isPast(enrollment_start);
  return !isEarly && !isPast(enrollment_end) && !isPast(upgrade_deadline);
};

/** The seat's price, exactly. */
export const priceOf = ({ price, currency, type }: Seat, courseRun: string): Money => {
  try {
    return parseMoney(price, currency);
  } catch (error) {
    throw new ParkError(
      'service.malformed-answer',
      `The price of seat '${type}' of ${courseRun} cannot be read. Mend it in the catalog. ${error instanceof Error ? error.message : ''}`,
      { cause: error },
    );
  }
};
