import { ApplicationFailure } from '@temporalio/activity';
import { ERRORS } from '../../contracts/errors.ts';
import {
  type Consequence,
  type EffectAfterFailure,
  type FailureDetail,
  ParkError,
  RetryableError,
  TerminalError,
} from '../../contracts/failures.ts';

/** Back-off of a retried call. The delay is drawn anew between half and all of it, so that flows do not come back in step. */
export interface Backoff {
  readonly firstMs: number;
  readonly maxMs: number;
}

/** What a thrown value means, whoever threw it. */
export interface Failure {
  readonly code: string;
  readonly message: string;
  readonly consequence: Consequence;
  readonly afterMs: number | undefined;
  readonly cause: unknown;
}

/** Reads any thrown value. What is none of our errors is a plugin's bug, and is tried again: its fix may be a deploy away. */
export const readFailure = (error: unknown): Failure => {
  const failure = readAny(error);
  // Plugins choose their codes; the journal and search take short ASCII.
  return { ...failure, code: failure.code.replaceAll(/[^\x21-\x7e]/g, '?').slice(0, 64) };
};

const readAny = (error: unknown): Failure => {
  if (error instanceof TerminalError) {
    return {
      code: error.code,
      message: error.message,
      consequence: 'terminal',
      afterMs: undefined,
      cause: error,
    };
  }
  if (error instanceof ParkError) {
    return {
      code: error.code,
      message: error.message,
      consequence: 'park',
      afterMs: undefined,
      cause: error,
    };
  }
  if (error instanceof RetryableError) {
    return {
      code: error.code,
      message: error.message,
      consequence: 'retry',
      afterMs: error.afterMs,
      cause: error,
    };
  }
  const message = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
  return { code: 'plugin.failed', message, consequence: 'retry', afterMs: undefined, cause: error };
};

/** One of our own codes as an error, with the consequence that the table gives it. */
export const failWith = (
  code: keyof typeof ERRORS,
  message: string,
  options?: ErrorOptions & { readonly afterMs?: number },
): Error => {
  switch (ERRORS[code].consequence) {
    case 'terminal':
      return new TerminalError(code, message, options);
    case 'park':
      return new ParkError(code, message, options);
    case 'retry':
      return new RetryableError(code, message, options);
  }
};

/** How long to wait before the next attempt: what the Service asked for, else exponential with jitter. */
const delayMs = (attempt: number, { firstMs, maxMs }: Backoff, afterMs: number | undefined): number => {
  const ceiling = Math.min(maxMs, firstMs * 2 ** Math.min(attempt - 1, 20));
  return Math.round((afterMs ?? ceiling / 2) + (Math.random() * ceiling) / 2);
};

/** The failure as Temporal carries it: type = our code, first detail = what the engine decides by. */
export const toApplicationFailure = (
  failure: Failure,
  at: {
    readonly attempt: number;
    readonly service: string;
    readonly effect: EffectAfterFailure;
    readonly backoff: Backoff;
  },
): ApplicationFailure => {
  const detail: FailureDetail = { consequence: failure.consequence, effect: at.effect, service: at.service };
  return ApplicationFailure.create({
    type: failure.code,
    message: failure.message,
    nonRetryable: failure.consequence !== 'retry',
    details: [detail],
    ...(failure.consequence === 'retry' && {
      nextRetryDelay: delayMs(at.attempt, at.backoff, failure.afterMs),
    }),
    // A plugin's bug is found by its stack; our own errors say all in their message.
    ...(failure.code === 'plugin.failed' && failure.cause instanceof Error && { cause: failure.cause }),
  });
};
