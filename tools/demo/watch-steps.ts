import { setTimeout as pause } from 'node:timers/promises';
import type { Connection } from '@temporalio/client';

/** One thing that happened to a step, as Temporal recorded it: what an operator sees of it in the Temporal UI. */
export interface StepNews {
  readonly at: number;
  readonly step: string;
  readonly service: string;
  /** Where there were several, the attempt that this is about. */
  readonly attempt: number;
  /** `retried`: this attempt failed, and another follows. */
  readonly state: 'done' | 'failed' | 'retried';
  /** What the Service said, or why the attempt failed. */
  readonly outcome: string | undefined;
}

export interface StepWatch {
  /** Settles when the flow has ended and all is told. */
  readonly ended: Promise<void>;
  readonly runId: string;
}

type Service = Connection['workflowService'];
type History = Awaited<ReturnType<Service['getWorkflowExecutionHistory']>>;
type HistoryEvent = NonNullable<NonNullable<History['history']>['events']>[number];

const namespace = 'default';
const LOOK_EVERY_MS = 100;
const LONGEST_MESSAGE = 90;

/** Tells each step of the flow as it ends, and each failed attempt of the one that is under way. */
export const watchSteps = async (
  connection: Connection,
  workflowId: string,
  tell: (news: StepNews) => void,
): Promise<StepWatch> => {
  const execution = { workflowId };
  const described = await connection.workflowService.describeWorkflowExecution({ namespace, execution });
  const runId = described.workflowExecutionInfo?.execution?.runId ?? '';
  let isOver = false;
  const serviceOf = new Map<string, string>();
  const attempts = async (): Promise<void> => {
    const told = new Set<string>();
    while (!isOver) {
      const { pendingActivities } = await connection.workflowService.describeWorkflowExecution({
        namespace,
        execution,
      });
      for (const { activityId, attempt, lastFailure, ...pending } of pendingActivities ?? []) {
        const failed = Number(attempt ?? 1) - 1;
        if (failed < 1 || told.has(`${activityId} ${failed}`)) continue;
        told.add(`${activityId} ${failed}`);
        tell({
          at: timeOf(pending.lastAttemptCompleteTime) ?? Date.now(),
          step: activityId ?? '',
          service: serviceOf.get(activityId ?? '') ?? '',
          attempt: failed,
          state: 'retried',
          outcome: reasonOf(lastFailure),
        });
      }
      await pause(LOOK_EVERY_MS);
    }
  };
  const history = async (): Promise<void> => {
    const readEvent = createReader(tell, serviceOf);
    let nextPageToken: Uint8Array | undefined;
    while (!isOver) {
      const page = await connection.workflowService.getWorkflowExecutionHistory({
        namespace,
        execution: { workflowId, runId },
        waitNewEvent: true,
        ...(nextPageToken && { nextPageToken }),
      });
      for (const event of page.history?.events ?? []) readEvent(event);
      // Without a token there is no more to come: the flow has ended.
      if (!page.nextPageToken?.length) isOver = true;
      nextPageToken = page.nextPageToken ?? undefined;
    }
  };
  const ended = Promise.all([history(), attempts()]).then(() => undefined);
  // Whoever waits for it gets the error; until then it must not end the process.
  ended.catch(() => undefined);
  return { runId, ended };
};

const createReader = (
  tell: (news: StepNews) => void,
  serviceOf: Map<string, string>,
): ((event: HistoryEvent) => void) => {
  const steps = new Map<string, { step: string; service: string; attempt: number }>();
  return (event) => {
    const scheduled = event.activityTaskScheduledEventAttributes;
    if (scheduled) {
      const step = scheduled.activityId ?? '';
      const service = (scheduled.taskQueue?.name ?? '').replace(/^demo_\w+-/, '');
      serviceOf.set(step, service);
      steps.set(String(event.eventId), { step, service, attempt: 1 });
    }
    const started = event.activityTaskStartedEventAttributes;
    const known = steps.get(String(started?.scheduledEventId));
    if (known) known.attempt = started?.attempt ?? 1;
    const completed = event.activityTaskCompletedEventAttributes;
    const failed = event.activityTaskFailedEventAttributes ?? event.activityTaskTimedOutEventAttributes;
    const step = steps.get(String((completed ?? failed)?.scheduledEventId));
    if (!step) return;
    const at = timeOf(event.eventTime) ?? Date.now();
    if (completed) tell({ ...step, at, state: 'done', outcome: statusIn(completed.result) });
    else tell({ ...step, at, state: 'failed', outcome: reasonOf(failed?.failure) });
  };
};

type Time = HistoryEvent['eventTime'];
const timeOf = (time: Time): number | undefined =>
  time == null ? undefined : Number(time.seconds ?? 0) * 1_000 + Math.floor((time.nanos ?? 0) / 1e6);

type Payloads = NonNullable<HistoryEvent['activityTaskCompletedEventAttributes']>['result'];
/** Most Actions answer with a status, which is the word that a person wants to read. */
const statusIn = (payloads: Payloads): string | undefined => {
  try {
    const text = Buffer.from(payloads?.payloads?.[0]?.data ?? []).toString();
    const { status, reason } = JSON.parse(text) as { status?: unknown; reason?: unknown };
    const words = [status, reason].filter((word) => typeof word === 'string');
    return words.length > 0 ? words.join(', ') : undefined;
  } catch {
    return undefined;
  }
};

type Failure = NonNullable<HistoryEvent['activityTaskFailedEventAttributes']>['failure'];
const reasonOf = (failure: Failure): string | undefined => {
  const code = failure?.applicationFailureInfo?.type ?? '';
  const message = (failure?.message ?? '').replace(/\.$/, '');
  const short = message.length > LONGEST_MESSAGE ? `${message.slice(0, LONGEST_MESSAGE - 2)} …` : message;
  return code && short ? `${code} (${short})` : code || short || undefined;
};
