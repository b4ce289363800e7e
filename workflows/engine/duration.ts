const UNITS: Readonly<Record<string, number>> = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 };

/** The length of a duration such as `'30s'` in milliseconds. The wiring check has seen its form; zod stays out of the bundle. */
export const millisecondsOf = (duration: string): number => {
  const [, count, unit] = /^([\d.]+)([a-z]+)$/.exec(duration) ?? [];
  return Number(count) * (UNITS[unit ?? ''] ?? Number.NaN);
};

/** As people say it: `'90 s'`, `'5 min'`, `'1 h'`, `'3 days'`. */
export const inWords = (ms: number): string => {
  if (ms < 120_000) return `${Math.round(ms / 1_000)} s`;
  if (ms < 7_200_000) return `${Math.round(ms / 60_000)} min`;
  return ms < 172_800_000 ? `${Math.round(ms / 3_600_000)} h` : `${Math.round(ms / 86_400_000)} days`;
};
