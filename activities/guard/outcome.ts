import { ParkError, RetryableError, TerminalError } from '../../contracts/failures.ts';
import type { Outcome } from './breaker.ts';

/** Of a client that is not ours: time-outs and lost connections, by name or code. */
const LOST =
  /^(TimeoutError|AbortError|E(CONN|TIMEDOUT|PIPE|HOSTUNREACH|NETUNREACH|NOTFOUND|AI_AGAIN)|UND_ERR_)/;

const isLost = (error: unknown): boolean => {
  if (typeof error !== 'object' || error === null) return false;
  const { name, code } = error as { name?: unknown; code?: unknown };
  return [name, code].some((word) => typeof word === 'string' && LOST.test(word));
};

/** What a thrown value says of the Service itself: a refusal is an answer, and a plugin's bug says nothing. */
export const outcomeOf = (error: unknown): Outcome => {
  if (error instanceof TerminalError || error instanceof ParkError) return 'ok';
  if (error instanceof RetryableError) {
    if (error.code === 'service.unavailable') return 'failed';
    // Ours, such as a lease that would end too soon: nothing was sent.
    return error.code.startsWith('effect.') ? 'unknown' : 'ok';
  }
  return isLost(error) ? 'failed' : 'unknown';
};

/** How long the Service asked to be left alone, in milliseconds. */
export const throttledForMs = (error: unknown): number =>
  error instanceof RetryableError && error.code === 'service.throttled' ? (error.afterMs ?? 0) : 0;
