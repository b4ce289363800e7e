const UNITS: Readonly<Record<string, number>> = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 };

/** The length of a duration such as `'30s'` in milliseconds. The wiring check has seen its form; zod stays out of the bundle. */
export const millisecondsOf = (duration: string): number => {
  const [, count, unit] = /^([\d.]+)([a-z]+)$/.exec(duration) ?? [];
  return Number(count) * (UNITS[unit ?? ''] ?? Number.NaN);
};
