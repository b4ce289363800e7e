import { WorkflowExecutionAlreadyStartedError } from '@temporalio/common';
import { ParentClosePolicy, startChild, WorkflowIdReusePolicy, workflowInfo } from '@temporalio/workflow';
import type { SignalInput } from '../signal.ts';
import { nameStep, type Run } from './run.ts';

/**
 * Tells all configured Receivers, in a workflow of its own: one that fails stops neither the others nor this flow, and a
 * Reset of this flow finds the same workflow and tells nobody twice. Waits for its start only.
 */
export const emit = async ({ state, wiring }: Run, signal: string, payload: unknown): Promise<void> => {
  const step = nameStep(state, `emit:${signal}`);
  const receivers = wiring.receivers[signal] ?? [];
  if (receivers.length === 0) return;
  const { workflowId, workflowType } = workflowInfo();
  const input: SignalInput = {
    signal,
    payload,
    receivers,
    retry: wiring.retry,
    from: { id: workflowId, type: workflowType },
  };
  try {
    await startChild('signal', {
      workflowId: `${workflowId}/${step}`,
      args: [input],
      workflowIdReusePolicy: WorkflowIdReusePolicy.REJECT_DUPLICATE,
      parentClosePolicy: ParentClosePolicy.ABANDON,
      staticSummary: `${signal}${state.order ? ` · order ${state.order}` : ''}`,
    });
  } catch (error) {
    if (!(error instanceof WorkflowExecutionAlreadyStartedError)) throw error;
  }
};
