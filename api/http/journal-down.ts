/** Errors of the server that say "not now": too many connections, shutting down, read-only, lock waits. */
const NOT_NOW = new Set([
  1040, 1053, 1077, 1152, 1158, 1159, 1160, 1161, 1203, 1205, 1213, 1226, 1290, 1836, 1927,
]);
const BROKEN = /^(ECONN|ETIMEDOUT|EHOST|ENET|ENOTFOUND|EPIPE|EAI_AGAIN|PROTOCOL_)/;

/** True when an error of the journal means that MySQL cannot be had, rather than that we asked something wrong. */
export const isJournalDown = (error: unknown): boolean => {
  if (typeof error !== 'object' || error === null) return false;
  const { code, errno, fatal, message } = error as Readonly<Record<string, unknown>>;
  return (
    (typeof code === 'string' && BROKEN.test(code)) ||
    (typeof errno === 'number' && NOT_NOW.has(errno)) ||
    fatal === true ||
    /^(Queue limit reached|Pool is closed|Can't add new command|Connection lost)/.test(String(message))
  );
};
