import { z } from 'zod';
import type { Duration as DurationText } from './define.ts';

const UNITS = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 } as const;
const FORM = /^(\d+(?:\.\d+)?)(ms|s|m|h|d)$/;

/** Text such as `'30s'`; a bare number is refused, because nobody can see its unit. */
export const Duration = z.custom<DurationText>(
  (value) => typeof value === 'string' && FORM.test(value),
  "a length of time with its unit, such as '30s', '5m' or '1h'",
);

/** The same length in milliseconds. Throws a RangeError for text that is no duration. */
export const millisecondsOf = (duration: DurationText): number => {
  const match = FORM.exec(duration);
  if (!match)
    throw new RangeError(`'${duration}' is not a length of time: write it with its unit, such as '30s'.`);
  return Number(match[1]) * UNITS[match[2] as keyof typeof UNITS];
};
