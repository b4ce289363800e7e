import type { Client, WorkflowStartOptions } from '@temporalio/client';
import {
  WorkflowExecutionAlreadyStartedError,
  WorkflowIdConflictPolicy,
  WorkflowIdReusePolicy,
} from '@temporalio/client';
import type { Journal } from './connect.ts';
import type { Log } from './log.ts';
import { type DueStart, markStarted, postponeStart, takeDueStarts } from './requests.ts';

export interface StartDeps {
  readonly journal: Journal;
  readonly temporal: Client;
  /** Before the name of each task queue; empty where a Temporal namespace serves one installation. */
  readonly taskQueuePrefix: string;
  readonly log: Log;
}

/** The courses of a purchase, for the list of workflows in the Temporal UI. Never the learner. */
const summaryOf = (type: string, input: unknown): string => {
  const items = (input as { items?: unknown } | null)?.items;
  const runs = (Array.isArray(items) ? items : []).map((item: { courseRun?: unknown }) =>
    String(item?.courseRun),
  );
  return [type, ...runs].join(' ').slice(0, 200);
};

/** How a flow is started, by whoever sends the start: the same id and input, so that a second start is none. */
export const startOptions = (
  flow: Pick<DueStart, 'type' | 'input'> & { readonly id: string },
  taskQueuePrefix: string,
): WorkflowStartOptions & { workflowIdConflictPolicy: WorkflowIdConflictPolicy } => ({
  workflowId: flow.id,
  taskQueue: `${taskQueuePrefix}flows`,
  args: [flow.input],
  workflowIdConflictPolicy: WorkflowIdConflictPolicy.USE_EXISTING,
  workflowIdReusePolicy: WorkflowIdReusePolicy.REJECT_DUPLICATE,
  staticSummary: summaryOf(flow.type, flow.input),
});

/** Sends a start that may have been sent before. Resolves once Temporal knows the flow; throws when it does not answer. */
export const sendStart = async (
  { temporal, taskQueuePrefix }: Pick<StartDeps, 'temporal' | 'taskQueuePrefix'>,
  flow: Pick<DueStart, 'type' | 'input'> & { readonly id: string },
  withinMs: number,
): Promise<void> => {
  try {
    await temporal.withDeadline(Date.now() + withinMs, () =>
      temporal.workflow.start(flow.type, startOptions(flow, taskQueuePrefix)),
    );
  } catch (error) {
    // It ran and closed: that too is known to Temporal.
    if (!(error instanceof WorkflowExecutionAlreadyStartedError)) throw error;
  }
};

const LEASE_MS = 10_000;

/** One start that we hold under a lease. Answers whether Temporal took it. */
const startOne = async (deps: StartDeps, { flow, type, input, attempts }: DueStart): Promise<boolean> => {
  try {
    await sendStart(deps, { id: flow, type, input }, 3_000);
    await markStarted(deps.journal, flow);
    deps.log.info({ flow, attempts }, 'queued flow started');
    return true;
  } catch (error) {
    deps.log.warn(
      { flow, attempts, code: 'temporal.unavailable', err: String(error) },
      'queued flow not started',
    );
    // Short: while Temporal is away, every start fails, and none should wait long once it is back.
    await postponeStart(deps.journal, flow, Math.min(attempts * 1_000, 10_000));
    return false;
  }
};

/** Starts flows that were accepted and whose start nobody is sending: Temporal was away, or a process was lost. */
export const startQueued = async (deps: StartDeps): Promise<void> => {
  for (let goesOn = true; goesOn;) {
    const due = await deps.journal.transaction((sql) => takeDueStarts(sql, LEASE_MS));
    const started = await Promise.all(due.map((one) => startOne(deps, one)));
    // More may be due, unless nothing goes through.
    goesOn = started.some(Boolean);
  }
};
