import {
  type Client,
  WithStartWorkflowOperation,
  WorkflowExecutionAlreadyStartedError,
  WorkflowNotFoundError,
  WorkflowUpdateFailedError,
  WorkflowUpdateRPCTimeoutOrCancelledError,
} from '@temporalio/client';
import { z } from 'zod';
import { sendStart, startOptions } from '../journal/start-queued.ts';

/** The Temporal Query `view` of a flow. */
const LiveView = z.object({
  status: z.string(),
  order: z.string().optional(),
  answer: z.unknown().optional(),
  result: z.unknown().optional(),
  waits: z.string().optional(),
  park: z.string().optional(),
  steps: z.array(z.unknown()).default([]),
});
export type LiveView = z.infer<typeof LiveView>;

export interface StartedFlow {
  readonly id: string;
  readonly type: string;
  readonly input: unknown;
}

/** `queued`: Temporal did not acknowledge the start; it may or may not know the flow. */
export type StartOutcome =
  { readonly kind: 'answered'; readonly answer: unknown } | { readonly kind: 'started' | 'queued' };
/** `absent`: Temporal does not know the flow (yet). `unreachable`: it does not say. `waiting`: the flow has no answer yet. */
type JoinOutcome =
  | { readonly kind: 'answered'; readonly answer: unknown }
  | { readonly kind: 'absent' | 'unreachable' | 'waiting' };

export interface FlowAnswers {
  /** Starts the flow and waits for its answer. Never throws. */
  start(flow: StartedFlow, withinMs: number): Promise<StartOutcome>;
  /** Waits for the answer of a flow that somebody else starts. Sends no start. Never throws. */
  join(id: string, withinMs: number): Promise<JoinOutcome>;
  /** How the flow stands, by the flow itself. */
  view(id: string, withinMs: number): Promise<LiveView | 'absent' | 'unreachable'>;
}

const VIEW_WITHIN_MS = 1_500;

/** What the API asks of flows in Temporal. The same Update id for everybody: whoever asks gets the one answer. */
export const createFlowAnswers = (temporal: Client, taskQueuePrefix: string): FlowAnswers => {
  const view: FlowAnswers['view'] = async (id, withinMs) => {
    try {
      const found = await temporal.withDeadline(Date.now() + withinMs, () =>
        temporal.workflow.getHandle(id).query<unknown>('view'),
      );
      const parsed = LiveView.safeParse(found);
      return parsed.success ? parsed.data : 'unreachable';
    } catch (error) {
      return error instanceof WorkflowNotFoundError ? 'absent' : 'unreachable';
    }
  };
  /** Of a flow that takes no Update any more, or failed it. */
  const answerInView = async (id: string): Promise<JoinOutcome> => {
    const found = await view(id, VIEW_WITHIN_MS);
    if (typeof found === 'string') return { kind: found };
    return found.answer == null ? { kind: 'waiting' } : { kind: 'answered', answer: found.answer };
  };

  const join: FlowAnswers['join'] = async (id, withinMs) => {
    try {
      const answer = await temporal.withDeadline(Date.now() + withinMs, () =>
        temporal.workflow.getHandle(id).executeUpdate('answer', { updateId: 'answer' }),
      );
      return { kind: 'answered', answer };
    } catch (error) {
      if (error instanceof WorkflowUpdateRPCTimeoutOrCancelledError) return { kind: 'waiting' };
      const isAboutFlow =
        error instanceof WorkflowNotFoundError || error instanceof WorkflowUpdateFailedError;
      return isAboutFlow ? answerInView(id) : { kind: 'unreachable' };
    }
  };

  const start: FlowAnswers['start'] = async (flow, withinMs) => {
    const end = Date.now() + withinMs;
    const toAcknowledgeMs = Math.min(withinMs / 5, 1_000);
    const operation = new WithStartWorkflowOperation(flow.type, startOptions(flow, taskQueuePrefix));
    try {
      const answer = await temporal.withDeadline(end - toAcknowledgeMs, () =>
        temporal.workflow.executeUpdateWithStart<never, unknown, []>('answer', {
          updateId: 'answer',
          startWorkflowOperation: operation as never,
        }),
      );
      return { kind: 'answered', answer };
    } catch (error) {
      if (
        error instanceof WorkflowExecutionAlreadyStartedError ||
        error instanceof WorkflowUpdateFailedError
      ) {
        const found = await answerInView(flow.id);
        return found.kind === 'answered' ? found : { kind: 'started' };
      }
      if (!(error instanceof WorkflowUpdateRPCTimeoutOrCancelledError)) return { kind: 'queued' };
      // The time-out does not say whether the start got through: an equal start, without the Update, does.
      return sendStart({ temporal, taskQueuePrefix }, flow, toAcknowledgeMs).then(
        () => ({ kind: 'started' }),
        () => ({ kind: 'queued' }),
      );
    }
  };
  return { start, join, view };
};
