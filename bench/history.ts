import type { Client } from '@temporalio/client';

/** What a history says of its flow: how many events of which type, and where its time went. */
export interface History {
  readonly events: number;
  readonly byType: Readonly<Record<string, number>>;
  /** Milliseconds by the server's clock, summed over the flow. */
  readonly time: {
    /** Activities waiting to be taken by a worker. */
    readonly activityQueued: number;
    /** Activities from taken to reported, the worker's own work and its report to the server included. */
    readonly activityRun: number;
    readonly workflowTaskQueued: number;
    readonly workflowTaskRun: number;
  };
}

// temporal.api.enums.v1.EventType; the package with its names is not one of our dependencies.
const TYPES: Readonly<Record<number, string>> = {
  1: 'WorkflowExecutionStarted',
  2: 'WorkflowExecutionCompleted',
  5: 'WorkflowTaskScheduled',
  6: 'WorkflowTaskStarted',
  7: 'WorkflowTaskCompleted',
  8: 'WorkflowTaskTimedOut',
  9: 'WorkflowTaskFailed',
  10: 'ActivityTaskScheduled',
  11: 'ActivityTaskStarted',
  12: 'ActivityTaskCompleted',
  17: 'TimerStarted',
  18: 'TimerFired',
  19: 'TimerCanceled',
  25: 'MarkerRecorded',
  40: 'UpsertWorkflowSearchAttributes',
  41: 'WorkflowExecutionUpdateAccepted',
  43: 'WorkflowExecutionUpdateCompleted',
};

type Stamp = { readonly seconds?: unknown; readonly nanos?: number | null } | null | undefined;
const at = (stamp: Stamp): number => Number(stamp?.seconds ?? 0) * 1_000 + (stamp?.nanos ?? 0) / 1e6;

/** Reads the history of a flow that has ended. */
export const readHistory = async (temporal: Client, id: string): Promise<History> => {
  const { events } = await temporal.workflow.getHandle(id).fetchHistory();
  const byType: Record<string, number> = {};
  const time = { activityQueued: 0, activityRun: 0, workflowTaskQueued: 0, workflowTaskRun: 0 };
  const times = new Map<string, number>();
  for (const event of events ?? []) {
    const type = TYPES[event.eventType ?? 0] ?? `EventType ${event.eventType}`;
    byType[type] = (byType[type] ?? 0) + 1;
    const now = at(event.eventTime);
    times.set(String(event.eventId), now);
    const since = (earlier: unknown): number => now - (times.get(String(earlier)) ?? now);
    time.activityQueued += since(event.activityTaskStartedEventAttributes?.scheduledEventId);
    time.activityRun += since(event.activityTaskCompletedEventAttributes?.startedEventId);
    time.workflowTaskQueued += since(event.workflowTaskStartedEventAttributes?.scheduledEventId);
    time.workflowTaskRun += since(event.workflowTaskCompletedEventAttributes?.startedEventId);
  }
  return { events: events?.length ?? 0, byType, time };
};

/** The types of which one has more than the other: ours minus bare. */
export const differenceOf = (ours: History, bare: History): Readonly<Record<string, number>> => {
  const types = new Set([...Object.keys(ours.byType), ...Object.keys(bare.byType)]);
  const differences = [...types].map(
    (type) => [type, (ours.byType[type] ?? 0) - (bare.byType[type] ?? 0)] as const,
  );
  return Object.fromEntries(differences.filter(([, more]) => more !== 0));
};
