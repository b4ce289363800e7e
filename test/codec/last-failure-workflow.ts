import { proxyActivities } from '@temporalio/workflow';
import { readStepFailure, type StepFailure } from '../../workflows/engine/failure.ts';

const { hangAfterFailure, fail } = proxyActivities<{
  hangAfterFailure(): Promise<void>;
  fail(): Promise<void>;
}>({
  startToCloseTimeout: '500ms',
  scheduleToCloseTimeout: '2s',
  retry: { initialInterval: '10ms', maximumAttempts: 2 },
});

/** How the engine reads an Action that failed once and then ran out of time. */
export const lastFailure = async (): Promise<StepFailure> => {
  try {
    await hangAfterFailure();
  } catch (error) {
    return readStepFailure(error, 'lms');
  }
  throw new Error('It did not fail.');
};

/** Lets the failure of a time-out through as it came: with all of its causes. */
export const passOn = (): Promise<void> => hangAfterFailure();

/** Fails for a reason that came from an Action. */
export const failAlong = async (): Promise<void> => {
  await fail();
};
