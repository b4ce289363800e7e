import { defaultPayloadConverter } from '@temporalio/common';
import { ActivityFailure, ApplicationFailure, TimeoutFailure } from '@temporalio/workflow';
import type { FailureDetail } from '../../contracts/failures.ts';

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

/** An operator gave the purchase up: all is undone, and the flow ends. */
export class Abandoned extends Error {
  override readonly name = 'Abandoned';
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
  const { cause } = error;
  if (cause instanceof ApplicationFailure) {
    return withDetail(cause.details?.[0], {
      code: cause.type ?? 'plugin.failed',
      message: cause.message,
      service,
    });
  }
  // Out of time. The SDK drops the last attempt's failure, which says more; the protocol's own record has it.
  const last = cause instanceof TimeoutFailure ? cause.failure?.cause : undefined;
  if (last?.applicationFailureInfo) {
    const [payload] = last.applicationFailureInfo.details?.payloads ?? [];
    const detail: unknown = payload && defaultPayloadConverter.fromPayload(payload);
    const code = last.applicationFailureInfo.type ?? 'plugin.failed';
    // An attempt after that one may be lost on its way; undoing fences the effect, and so finds out.
    return withDetail(detail, { code, message: last.message ?? code, service });
  }
  const message = `No answer in time: ${cause?.message ?? error.message}`;
  return { code: 'service.unavailable', message, consequence: 'retry', effect: 'unknown', service };
};

const withDetail = (
  detail: unknown,
  known: Pick<StepFailure, 'code' | 'message' | 'service'>,
): StepFailure => ({
  consequence: 'retry',
  effect: 'unknown',
  ...known,
  ...(isDetail(detail) && detail),
});
