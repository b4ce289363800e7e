/** Lock waits and deadlocks that outlasted their retries, too many connections, read-only: the server says "not now". */
const NOT_NOW = new Set([1205, 1213, 1040, 1203, 1226, 1290, 1836]);

/** True when an error of the journal means that MySQL cannot be had, rather than that we asked something wrong. */
export const isJournalDown = (error: unknown): boolean => {
  if (typeof error !== 'object' || error === null) return false;
  const { code, errno } = error as Readonly<Record<string, unknown>>;
  return code === 'journal.unavailable' || (typeof errno === 'number' && NOT_NOW.has(errno));
};
