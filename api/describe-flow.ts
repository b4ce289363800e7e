import { type Client, WorkflowNotFoundError } from '@temporalio/client';
import type { FlowState } from '../journal/violations.ts';

/** A workflow task that failed this often in a row fails for a reason that time alone does not mend. */
const STUCK_AFTER = 5;

const STATES: Readonly<Record<string, FlowState>> = {
  COMPLETED: 'completed',
  FAILED: 'failed',
  CANCELLED: 'canceled',
  TERMINATED: 'terminated',
  TIMED_OUT: 'timed-out',
};

/** How Temporal sees a flow. Rejects when Temporal does not say. */
export const describeFlow = async (temporal: Client, id: string): Promise<FlowState> => {
  try {
    const { status, raw } = await temporal.withDeadline(Date.now() + 3_000, () =>
      temporal.workflow.getHandle(id).describe(),
    );
    const isStuck = (raw.pendingWorkflowTask?.attempt ?? 0) >= STUCK_AFTER;
    return STATES[status.name] ?? (isStuck ? 'stuck' : 'running');
  } catch (error) {
    if (error instanceof WorkflowNotFoundError) return 'missing';
    throw error;
  }
};
