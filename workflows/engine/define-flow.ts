import {
  ApplicationFailure,
  CancellationScope,
  allHandlersFinished,
  condition,
  workflowInfo,
} from '@temporalio/workflow';
import type { z } from 'zod';
import type {
  ActionName,
  Actions,
  Filters,
  FlowName,
  Flows,
  In,
  Out,
  Signals,
} from '../../contracts/index.ts';
import { emit } from './emit.ts';
import { applyFilter, type Filtered } from './filter.ts';
import { Abandoned, CancelRequested, GaveUp } from './failure.ts';
import { journalSteps } from './journal-steps.ts';
import { listen } from './messages.ts';
import { type Run, runStep } from './run.ts';
import { showInSearch } from './search.ts';
import { takeSteering } from './steer.ts';
import { newState, type RunState } from './state.ts';
import { undoAll, type Undoable } from './undo.ts';
import { answerViews, showDetails } from './view.ts';
import { waitFor, type Waited, type WaitOptions } from './wait.ts';
import { readWiring } from './wiring.ts';

type NotifyName = { [N in ActionName]: Actions[N]['effect'] extends 'notify' ? N : never }[ActionName];
/** The Actions that a flow's contract lists. */
type Used<N extends FlowName> = Flows[N]['uses'][number] & ActionName;
type MessageName<N extends FlowName> = keyof Flows[N]['messages'] & string;
type Input<N extends FlowName> = z.output<Flows[N]['input']>;
type Answer<N extends FlowName> = z.input<Flows[N]['answer']>;
type Result<N extends FlowName> = z.input<Flows[N]['result']>;

export interface StepOptions<A extends ActionName> {
  /** The step's name, where one Action runs more than once. Default: the Action's. */
  readonly as?: string;
  /** Takes the step back. On the stack before the call; runs only when the step is known to have happened. */
  readonly undo?: (done: Out<A>) => Promise<unknown>;
  /** What the Temporal UI shows beside the step; never personal data. */
  readonly summary?: string;
}

/** The flow author's face of one run. */
export interface Flow<N extends FlowName> {
  readonly id: string;
  readonly policy: z.output<Flows[N]['policy']>;
  /** Runs one Action as a step, until it has an answer. */
  run<A extends Exclude<Used<N>, NotifyName>>(
    action: A,
    input: In<A>,
    options?: StepOptions<A>,
  ): Promise<Out<A>>;
  /** Tells somebody what `prepare` reads for it. A failure of either is recorded in the flow's steps, and stops nothing. */
  tell<A extends Used<N> & NotifyName>(
    action: A,
    prepare: () => Promise<In<A>>,
    options?: { readonly as?: string },
  ): Promise<void>;
  /** Tells all configured Receivers, each on its own; waits for none of them. */
  emit<S extends Flows[N]['emits'][number] & keyof Signals>(
    signal: S,
    payload: z.input<Signals[S]['payload']>,
  ): Promise<void>;
  /** Has the configured Pipeline Steps change the value, or stop the flow with a reason. */
  filter<F extends Flows[N]['asks'][number] & keyof Filters>(
    filter: F,
    value: z.output<Filters[F]['value']>,
  ): Promise<Filtered<z.output<Filters[F]['value']>>>;
  /** What the flow is about, in words that the Temporal UI may show; never personal data. */
  about(subject: string): void;
  /** What the caller who started the flow is to do next. */
  answer(answer: Answer<N>): void;
  /** The learner's status from here on. `search: true` makes it findable, at the price of a history event. */
  status(status: string, options?: { readonly search?: boolean; readonly order?: string }): void;
  wait<T>(
    options: Omit<WaitOptions<T>, 'on' | 'stopOn'> & {
      on: readonly MessageName<N>[];
      stopOn?: MessageName<N>;
    },
  ): Promise<Waited<T>>;
  /** From here on the purchase stands: a cancellation is too late, a failure parks. */
  keep(): void;
  /** Takes everything back, last in, first out. Ends only when all is undone. */
  undo(): Promise<void>;
}

export interface FlowDefinition<N extends FlowName> {
  readonly name: N;
  /** What callers read when the engine ends the flow: it gave up, or was cancelled. Undone is all by then. */
  readonly ended: (
    status: 'declined' | 'canceled',
    reason: string,
  ) => { readonly answer: Answer<N>; readonly result: Result<N> };
}
type Body<N extends FlowName> = (flow: Flow<N>, input: Input<N>) => Promise<Result<N>>;

/** Turns a function into a Temporal workflow: named steps, undo, parking, messages, and a journal of it all. */
export const defineFlow =
  <N extends FlowName>(definition: FlowDefinition<N>, body: Body<N>) =>
  async (input: Input<N>): Promise<Result<N>> => {
    const state = newState();
    listen(state);
    answerViews(state);
    takeSteering(state);
    // Rejects when somebody cancels; the flow sees it between steps.
    void CancellationScope.current().cancelRequested.catch(() => (state.cancelRequested = true));
    return CancellationScope.nonCancellable(async () => {
      const run: Run = {
        flowName: definition.name,
        state,
        wiring: await readWiring(definition.name),
        stack: [],
      };
      try {
        const result = await body(openFlow<N>(run), input);
        await close(state, result);
        return result;
      } catch (error) {
        if (!isEarlyEnd(error)) throw error;
        return endEarly(definition, run, error);
      }
    });
  };

type EarlyEnd = GaveUp | Abandoned | CancelRequested;
const isEarlyEnd = (error: unknown): error is EarlyEnd =>
  error instanceof GaveUp || error instanceof Abandoned || error instanceof CancelRequested;

/** Undoes all and ends. A flow that gave up is a failed workflow in Temporal, so that operators find it. */
const endEarly = async <N extends FlowName>(
  definition: FlowDefinition<N>,
  run: Run,
  error: EarlyEnd,
): Promise<Result<N>> => {
  const canceled = error instanceof CancelRequested;
  const { answer, result } = canceled
    ? definition.ended('canceled', 'cancel-requested')
    : definition.ended('declined', error instanceof Abandoned ? 'abandoned' : error.failure.code);
  run.state.answer = answer;
  await undoAll(run);
  await close(run.state, result);
  if (!(error instanceof GaveUp)) return result;
  const { code, message, service } = error.failure;
  throw ApplicationFailure.create({
    type: code,
    message: `${service}: ${message}`,
    nonRetryable: true,
    details: [result],
  });
};

const close = async (state: RunState, result: unknown): Promise<void> => {
  const { status } = result as { readonly status: string };
  state.status = status;
  state.result = result;
  state.answer ??= { next: 'none' };
  showDetails(state);
  showInSearch({ status, order: state.order, ...(state.wasParked && { failing: null }) });
  await journalSteps('flow.end', status)['flow.end']({ status, result });
  await condition(allHandlersFinished);
};

const openFlow = <N extends FlowName>(run: Run): Flow<N> => {
  const { state, wiring, stack } = run;
  return {
    id: workflowInfo().workflowId,
    policy: wiring.policy as z.output<Flows[N]['policy']>,
    async run(action, input, { as = action, undo, summary } = {}) {
      const step = state.undoing ? `undo:${as}` : as;
      const entry: Undoable = { step, action, tried: [input], undo };
      if (!state.undoing && wiring.actions[action]?.effect === 'write') stack.push(entry);
      const output = await runStep(run, { action, input, step, summary, entry });
      entry.done = { output };
      return output as never;
    },
    async tell(action, prepare, { as = action } = {}) {
      state.telling = true;
      try {
        await runStep(run, { action, input: await prepare(), step: as, summary: undefined });
      } catch (error) {
        if (!(error instanceof GaveUp)) throw error;
      } finally {
        state.telling = false;
      }
    },
    emit: (signal, payload) => emit(run, signal, payload),
    filter: (filter, value) => applyFilter(run, filter, value) as never,
    about: (subject) => void (state.subject = subject),
    answer: (answer) => void (state.answer = answer),
    status(status, { search = false, order } = {}) {
      state.status = status;
      state.order = order ?? state.order;
      if (search) showInSearch({ status, order: state.order });
    },
    wait: (options) => waitFor(state, options),
    keep: () => void (state.kept = true),
    undo: () => undoAll(run),
  };
};
