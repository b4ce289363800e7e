import { patched, workflowInfo } from '@temporalio/workflow';
import { journalSteps } from './journal-steps.ts';
import type { RunState } from './state.ts';

/** What an earlier run of this flow answered for a step, when this run is a Reset of it. */
export interface Recalled {
  readonly output: unknown;
}

/**
 * A Reset asks again what was asked before, and the world has moved on: a learner who was enrolled by the first run can no
 * longer be enrolled. So a run that is a Reset decides by the first answers, as they were kept with the effects.
 */
export const recall = async (state: RunState, step: string): Promise<Recalled | undefined> => {
  const { runId, firstExecutionRunId } = workflowInfo();
  if (runId === firstExecutionRunId) return undefined;
  // The part of the history that a Reset copies was written without this look; only what comes after it may look.
  if (!patched(`recall ${step}`)) return undefined;
  state.recalled ??= await journalSteps('flow.recall')['flow.recall']();
  return Object.hasOwn(state.recalled, step) ? { output: state.recalled[step] } : undefined;
};
