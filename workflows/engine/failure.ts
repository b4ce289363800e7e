import { ActivityFailure, ApplicationFailure, TimeoutFailure } from '@temporalio/workflow';
import type { FailureDetail } from '../../contracts/errors.ts';

/** Why a step ended without an answer, as the engine decides by it. */
export interface StepFailure extends FailureDetail {
  readonly code: string;
  readonly message: string;
}

/** The flow gives up: nothing has moved, so it undoes what it did and ends. */
export class GaveUp extends Error {
  override readonly name = 'GaveUp';
  readonly failure: StepFailure;
  constructor(failure: StepFailure) {
    super(failure.message);
    this.failure = failure;
  }
}

/** Somebody asked the flow to stop. */
export class CancelRequested extends Error {
  override readonly name = 'CancelRequested';
}

const isDetail = (value: unknown): value is FailureDetail =>
  typeof value === 'object' && value !== null && 'consequence' in value && 'effect' in value;

/** Reads what Temporal hands over when an activity ended for good. Rethrows what is none of an activity's failures. */
export const readStepFailure = (error: unknown, service: string): StepFailure => {
  if (!(error instanceof ActivityFailure)) throw error;
  // A time-out's cause is the last failure, when there was one; the worker that timed out may have called the Service.
  const timedOut = error.cause instanceof TimeoutFailure;
  const cause = timedOut && error.cause.cause ? error.cause.cause : error.cause;
  if (cause instanceof ApplicationFailure) {
    const detail: unknown = cause.details?.[0];
    return {
      code: cause.type ?? 'plugin.failed',
      message: cause.message,
      ...(isDetail(detail) ? detail : { consequence: 'retry', effect: 'unknown', service }),
    };
  }
  return {
    code: 'service.unavailable',
    message: `No answer in time: ${cause?.message ?? error.message}`,
    consequence: 'retry',
    effect: 'unknown',
    service,
  };
};
