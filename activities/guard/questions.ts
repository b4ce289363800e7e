import type { Redis } from 'ioredis';
import type { ServiceLimits } from '../../config/wiring.ts';
import type { ErrorCode } from '../../contracts/errors.ts';
import { RetryableError } from '../../contracts/failures.ts';
import type { Log } from '../../plugins/sdk/plugin.ts';
import { type Admission, type Breaker, createBreaker } from './breaker.ts';
import { createRate, type Rate } from './limit.ts';
import { throttledForMs } from './outcome.ts';
import type { Pauses } from './pause.ts';

export interface Around {
  readonly pauses: Pauses;
  readonly redis: Redis;
  readonly scope: string;
  readonly log: Log;
}

/** A pause is asked about this often; half of it is drawn anew each time. */
const PAUSE_MS = 5_000;
const BUSY_MS = 250;
/** No Retry-After keeps us away for longer. */
const LONGEST_QUIET_MS = 3_600_000;

/** The time that the cause names, and up to half of `spreadMs` more: flows that wait do not come back in step. */
const refuse = (
  code: ErrorCode,
  message: string,
  { afterMs, spreadMs }: { readonly afterMs: number; readonly spreadMs: number },
): RetryableError =>
  new RetryableError(code, message, { afterMs: Math.ceil(afterMs + (Math.random() * spreadMs) / 2) });

/** Throws while an operator has paused the Service. */
export const askPause = (name: string, pauses: Pauses): void => {
  const paused = pauses.of(name);
  if (!paused) return;
  const why = `${name} is paused by ${paused.actor}: ${paused.reason}`;
  throw refuse('service.paused', why, { afterMs: PAUSE_MS / 2, spreadMs: PAUSE_MS });
};

/** Throws when the process has enough calls of the Service under way: more would only wait for each other. */
export const askPlace = (name: string, underWay: number, concurrency: number): void => {
  if (underWay < concurrency) return;
  const why = `${name} has ${underWay} calls under way in this process.`;
  throw refuse('service.busy', why, { afterMs: BUSY_MS, spreadMs: BUSY_MS });
};

/** The time for which a Service asked to be left alone, by Retry-After. */
export const createQuiet = (name: string, log: Log) => {
  let until = 0;
  const leftMs = (): number => Math.max(until - performance.now(), 0);
  return {
    leftMs,
    ask(): void {
      const afterMs = leftMs();
      if (afterMs === 0) return;
      throw refuse('service.throttled', `${name} asked for quiet.`, { afterMs, spreadMs: afterMs });
    },
    /** Reads it off what a call threw. */
    note(error: unknown): void {
      const forMs = throttledForMs(error);
      if (forMs === 0) return;
      until = Math.max(until, performance.now() + Math.min(forMs, LONGEST_QUIET_MS));
      log.warn({ service: name, forMs }, 'service asked for quiet');
    },
  };
};

export const openBreaker = (name: string, limits: ServiceLimits['breaker'], log: Log): Breaker =>
  createBreaker(limits, (state, counts) => {
    const facts = { service: name, ...counts, ...(state === 'open' && { openForMs: limits.openForMs }) };
    log[state === 'open' ? 'warn' : 'info'](facts, `breaker ${state}`);
  });

/** Throws while the breaker lets nothing through; the answer must be told how the call went. */
export const askBreaker = (name: string, breaker: Breaker, spreadMs: number): Admission => {
  const answer = breaker.ask();
  if (!('refusedForMs' in answer)) return answer;
  const afterMs = answer.refusedForMs;
  throw refuse('service.breaker-open', `${name} fails; it is left alone.`, { afterMs, spreadMs });
};

export const openRate = (name: string, { rate }: ServiceLimits, around: Around): Rate | undefined => {
  const { redis, scope, log } = around;
  const onRedis = (isThere: boolean): void => {
    if (isThere) log.info({ service: name }, 'rate is shared again');
    else log.warn({ service: name }, 'Redis does not answer: this process lives on its share of the rate');
  };
  return rate && createRate(scope + name, rate, { redis, onRedis });
};

/** Throws when the cluster has made the calls of this second. */
export const askRate = async (name: string, rate: Rate | undefined): Promise<void> => {
  const full = await rate?.take();
  if (!full) return;
  const why = `${name} has had its calls of this second.`;
  throw refuse('service.rate-limited', why, { afterMs: full.refusedForMs, spreadMs: BUSY_MS });
};
