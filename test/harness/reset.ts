import { randomUUID } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import type { Client } from '@temporalio/client';

/** The ids of the events at which a run can be reset: the end of each of its workflow tasks. */
export const boundariesOf = async (
  temporal: Client,
  workflowId: string,
  runId: string,
): Promise<readonly number[]> => {
  const { events } = await temporal.workflow.getHandle(workflowId, runId).fetchHistory();
  return (events ?? []).flatMap(({ eventId, workflowTaskCompletedEventAttributes }) =>
    workflowTaskCompletedEventAttributes ? [Number(eventId)] : [],
  );
};

/** Resets a run as the Temporal UI does, and answers the new run's id. */
export const resetAt = async (
  temporal: Client,
  { workflowId, runId }: { workflowId: string; runId: string },
  eventId: number,
): Promise<string> => {
  const answer = await temporal.workflowService.resetWorkflowExecution({
    namespace: 'default',
    workflowExecution: { workflowId, runId },
    reason: 'test',
    requestId: randomUUID(),
    workflowTaskFinishEventId: eventId as never,
  });
  return answer.runId;
};

/** Waits until the run is closed; answers Temporal's status and the flow's result. */
export const closedRun = async (
  temporal: Client,
  { workflowId, runId }: { workflowId: string; runId: string },
): Promise<{ readonly state: string; readonly result: unknown }> => {
  const handle = temporal.workflow.getHandle(workflowId, runId);
  const deadline = performance.now() + 60_000;
  for (;;) {
    const { status } = await handle.describe();
    if (status.name !== 'RUNNING') {
      const result: unknown = status.name === 'COMPLETED' ? await handle.result() : undefined;
      return { state: status.name, result };
    }
    if (performance.now() > deadline) {
      const view: unknown = await handle.query('view').catch(String);
      throw new Error(`${workflowId} (${runId}) still runs: ${JSON.stringify(view)}`);
    }
    await pause(50);
  }
};
