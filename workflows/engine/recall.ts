import { patched, workflowInfo } from '@temporalio/workflow';
import { journalSteps } from './journal-steps.ts';
import type { RunState } from './state.ts';

/** What an earlier run of this flow answered for a step, when this run is a Reset of it. */
export interface Recalled {
  readonly output: unknown;
}

/**
 * A Reset asks again what was asked before, and the world has moved on: a learner who was enrolled by the first run can no
 * longer be enrolled. So a run that is a Reset decides by the first answers, as they were kept with the effects; and it
 * knows from its first own step what the earlier runs left standing, so that it cannot end before it has come that far.
 */
export const recall = async (state: RunState, step: string): Promise<Recalled | undefined> => {
  const { runId, firstExecutionRunId } = workflowInfo();
  if (runId === firstExecutionRunId) return undefined;
  if (state.recalled === undefined) {
    // The part of the history that a Reset copies was written without this look; only what comes after it may look.
    if (!patched(`recall ${step}`)) return undefined;
    state.recalled = await journalSteps('flow.recall')['flow.recall']();
    const { standing } = state.recalled;
    for (const name of standing) if (!state.names.has(name) || name === step) state.behind.add(name);
    state.moneyMayHaveMoved ||= standing.length > 0;
  }
  const { decisions } = state.recalled;
  return Object.hasOwn(decisions, step) ? { output: decisions[step] } : undefined;
};
