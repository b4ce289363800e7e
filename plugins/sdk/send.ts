import { RetryableError } from '../../contracts/failures.ts';
import { writesInTime } from './in-time.ts';
import { patientTimeout } from './patient-timeout.ts';

/** What the host gives each call: `deadline` is a reading of `performance.now()` after which nothing may be sent. */
export interface HttpLimits {
  readonly timeoutMs: number;
  readonly deadline: number;
  readonly abort: AbortSignal;
}

/** What a request may do to the Service, and by which statuses beside the usual ones it says that it did nothing. */
interface Sent {
  readonly writes: boolean;
  readonly refusals?: readonly number[] | undefined;
}

export interface Sender {
  send(url: string | URL | Request, init: RequestInit, sent: Sent): Promise<Response>;
  /** Whether a write may have reached the Service. `undefined` when nothing was sent at all. */
  mayHaveWritten(): boolean | undefined;
}

const NEVER_CONNECTED = new Set([
  'ECONNREFUSED',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'UND_ERR_CONNECT_TIMEOUT',
]);

const causeCode = (error: unknown): string | undefined => {
  for (let at = error; at instanceof Error; at = at.cause) {
    if ('code' in at && typeof at.code === 'string') return at.code;
    if (at instanceof AggregateError && at.errors[0] instanceof Error) return causeCode(at.errors[0]);
  }
  return undefined;
};

/** Statuses by which a Service says for certain that it did nothing. */
const refusedForCertain = (status: number, refusals: readonly number[]): boolean =>
  refusals.includes(status) ||
  (status >= 300 && status < 500 && status !== 303 && ![408, 409, 423, 425].includes(status));

const noAnswer = (url: string | URL | Request, error: unknown): RetryableError => {
  const { origin } = new URL(url instanceof Request ? url.url : url);
  const why = causeCode(error) ?? (error instanceof Error ? error.message : String(error));
  return new RetryableError('service.unavailable', `${origin} did not answer: ${why}.`, { cause: error });
};

const tooLate = (): RetryableError =>
  new RetryableError(
    'effect.too-late-to-send',
    'Not sent: the lease would end before the Service could answer.',
  );

/** Sends in time or not at all, never twice, and counts the writes that may have arrived. */
export const createSender = ({ timeoutMs, deadline, abort }: HttpLimits): Sender => {
  let used = false;
  let inDoubt = 0;
  return {
    mayHaveWritten: () => (used ? inDoubt > 0 : undefined),
    async send(url, init, { writes, refusals = [] }) {
      // A worker that was stopped for a while must not send what somebody else may have taken over (monotonic clock).
      if (performance.now() + timeoutMs > deadline) throw tooLate();
      used = true;
      if (writes) inDoubt += 1;
      let isWritten = true;
      const dispatcher = writesInTime(() => {
        isWritten = performance.now() < deadline;
        return !isWritten;
      });
      const signals = [abort, patientTimeout(timeoutMs), ...(init.signal ? [init.signal] : [])];
      try {
        const response = await fetch(url, {
          ...init,
          ...(dispatcher && { dispatcher: dispatcher as never }),
          signal: AbortSignal.any(signals),
          redirect: 'manual',
        });
        if (writes && refusedForCertain(response.status, refusals)) inDoubt -= 1;
        return response;
      } catch (error) {
        if (!isWritten) {
          if (writes) inDoubt -= 1;
          throw tooLate();
        }
        if (writes && NEVER_CONNECTED.has(causeCode(error) ?? '')) inDoubt -= 1;
        throw noAnswer(url, error);
      }
    },
  };
};
