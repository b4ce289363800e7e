import { CancellationScope, proxyActivities } from '@temporalio/workflow';
import { CancelRequested, GaveUp, readStepFailure, type StepFailure } from './failure.ts';
import { park, unpark } from './park.ts';
import { recall } from './recall.ts';
import type { RunState, Snapshot, StepView, StepWiring } from './state.ts';
import type { Undoable } from './undo.ts';
import { showDetails } from './view.ts';

/** One execution of a flow, as the engine's parts see it. */
export interface Run {
  readonly state: RunState;
  readonly wiring: Snapshot;
  /** The writes that it began, in order. */
  readonly stack: Undoable[];
}

export interface StepRequest {
  readonly action: string;
  readonly input: unknown;
  readonly step: string;
  readonly summary: string | undefined;
  /** `fence` makes sure that the write never happens, or answers what it did. */
  readonly purpose?: 'fence';
}
type Activity = (input: unknown, meta: object) => Promise<unknown>;

/**
 * Runs a step until it has an answer, parking in between; throws GaveUp where the flow may undo and end instead.
 * Cancellation comes between steps only: what is under way is told apart by its answer, not by an interrupt.
 */
export const runStep = (run: Run, request: StepRequest): Promise<unknown> =>
  CancellationScope.nonCancellable(async () => {
    const { state, wiring } = run;
    if (state.cancelRequested && !state.undoing && !state.kept && !state.telling) throw new CancelRequested();
    const { queue, moves, decides } = wiringOf(wiring, request.action);
    const view: StepView = { step: nameStep(state, request.step), service: queue, state: 'running' };
    state.steps.push(view);
    showDetails(state);
    const known = decides ? await recall(state, request.step) : undefined;
    if (known) {
      view.state = 'done';
      state.decisions[request.step] = known.output;
      return known.output;
    }
    for (let tries = 1; ; tries++) {
      try {
        const output = await callOnce(run, request);
        view.state = 'done';
        delete view.code;
        if (decides) state.decisions[request.step] = output;
        if (tries > 1) await unpark(run, view, tries);
        if (moves === 'money' && !request.purpose) state.moneyMayHaveMoved = true;
        return output;
      } catch (error) {
        const failure = readStepFailure(error, queue);
        view.state = 'failed';
        view.code = failure.code;
        if (!mustPark(run, request.action, failure)) throw new GaveUp(failure);
        await park(run, { view, failure, tries });
      }
    }
  });

const callOnce = (
  { state, wiring }: Run,
  { action, input, step, summary, purpose }: StepRequest,
): Promise<unknown> => {
  const { plugin, queue, effect, startToCloseMs } = wiringOf(wiring, action);
  const { retry } = wiring;
  // While a customer waits for the first answer, minutes; afterwards, hours.
  const patient = (state.answer !== undefined || state.undoing) && !state.telling;
  const activities = proxyActivities<Readonly<Record<string, Activity>>>({
    activityId: step,
    taskQueue: queue,
    startToCloseTimeout: startToCloseMs,
    scheduleToCloseTimeout: patient ? retry.afterwardsMs : retry.whileWaitingMs,
    retry: { initialInterval: retry.firstMs, backoffCoefficient: 2, maximumInterval: retry.maxMs },
    summary: summary ?? (state.order ? `${action} for order ${state.order}` : action),
  });
  const meta = { plugin, status: state.status, ...(effect === 'write' && { decisions: state.decisions }) };
  return purpose === 'fence'
    ? activities['effect.fence']!(input, { ...meta, action })
    : activities[action]!(input, meta);
};

/** Whether the flow must stay with this step. With nothing moved yet it may still undo and end. */
const mustPark = ({ state, wiring }: Run, action: string, failure: StepFailure): boolean => {
  if (state.telling) return false;
  if (failure.consequence === 'terminal' && !state.undoing) return false;
  if (wiringOf(wiring, action).moves === 'money' && failure.effect === 'unknown')
    state.moneyMayHaveMoved = true;
  return state.moneyMayHaveMoved || state.undoing || state.kept;
};

const wiringOf = (wiring: Snapshot, action: string): StepWiring => {
  const found = wiring.actions[action];
  if (!found) throw new Error(`The flow's contract does not list ${action} in its uses.`);
  return found;
};

/** Names the step, unique in the run. A repeat is a mistake in the flow, and fails the workflow task until it is mended. */
const nameStep = (state: RunState, step: string): string => {
  if (state.names.has(step)) {
    throw new Error(
      `This run has a step '${step}' already. Give the second one a name of its own with 'as'.`,
    );
  }
  state.names.add(step);
  return step;
};
