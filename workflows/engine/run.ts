import { CancellationScope, proxyActivities } from '@temporalio/workflow';
import { CancelRequested, GaveUp, readStepFailure, type StepFailure } from './failure.ts';
import { park, unpark } from './park.ts';
import { recall } from './recall.ts';
import { whileHeld } from './steer.ts';
import type { RunState, Snapshot, Steering, StepView, StepWiring } from './state.ts';
import type { Undoable } from './undo.ts';
import { showDetails } from './view.ts';

/** One execution of a flow, as the engine's parts see it. */
export interface Run {
  readonly flowName: string;
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
  /** `fence` makes sure that the write never happens, or answers what it did; `assume` goes on with an operator's output. */
  readonly purpose?: 'fence' | 'assume' | undefined;
  readonly assumed?: unknown;
  /** The inputs that an operator corrected; none of them may have had an effect. */
  readonly replaces?: readonly unknown[];
  /** Where the run keeps the write, to undo it. */
  readonly entry?: Undoable;
}
type Activity = (input: unknown, meta: object) => Promise<unknown>;

/**
 * Runs a step until it has an answer, parking in between; throws GaveUp where the flow may undo and end instead, and
 * Abandoned where an operator said so. Cancellation comes between steps only: what is under way is told apart by its
 * answer, not by an interrupt.
 */
export const runStep = (run: Run, request: StepRequest): Promise<unknown> =>
  CancellationScope.nonCancellable(async () => {
    const { state, wiring } = run;
    await whileHeld(state);
    const { service, moves, decides } = wiringOf(wiring, request.action);
    const view: StepView = { step: nameStep(state, request.step), service, state: 'running' };
    const recalled = await recall(state, request.step);
    if (state.cancelRequested && mayEnd(state)) throw new CancelRequested();
    state.steps.push(view);
    showDetails(state);
    const known = decides ? recalled : undefined;
    const output = known ? known.output : await insist(run, request, view);
    view.state = 'done';
    delete view.code;
    if (decides) state.decisions[request.step] = output;
    if (moves === 'money' && !request.purpose) state.moneyMayHaveMoved = true;
    state.behind.delete(request.step);
    return output;
  });

/** Whether the flow may be given up here: nothing is decided, and all that stands is on its stack. */
const mayEnd = (state: RunState): boolean =>
  !state.undoing && !state.kept && !state.telling && state.behind.size === 0;

/** Calls until there is an answer. Between two parks it is either time or an operator that lets the step go on. */
const insist = async (run: Run, request: StepRequest, view: StepView): Promise<unknown> => {
  let asked: StepRequest = request;
  for (let tries = 1; ; tries++) {
    try {
      const output = await callOnce(run, asked);
      if (tries > 1) await unpark(run, view, tries);
      const isSkippedFence = request.purpose === 'fence' && asked.purpose === 'assume';
      return isSkippedFence ? { happened: true, output } : output;
    } catch (error) {
      const failure = readStepFailure(error, view.service);
      view.state = 'failed';
      view.code = failure.code;
      if (!mustPark(run, request.action, failure)) throw new GaveUp(failure);
      const steering = await park(run, { request, view, failure, tries });
      await whileHeld(run.state);
      view.state = 'running';
      asked = steered(request, asked, steering);
      const { tried } = request.entry ?? {};
      if (tried && !tried.includes(asked.input)) tried.push(asked.input);
    }
  }
};

/** A corrected input stays the input; a skip is for one try. What is fenced has no other input than its own. */
const steered = (request: StepRequest, asked: StepRequest, steering: Steering): StepRequest => {
  const again: StepRequest = { ...asked, purpose: request.purpose, assumed: undefined };
  if (steering.do === 'skip') return { ...again, purpose: 'assume', assumed: steering.output };
  if (steering.do !== 'retry' || steering.input === undefined || request.purpose === 'fence') return again;
  return { ...again, input: steering.input, replaces: [...(asked.replaces ?? []), asked.input] };
};

const callOnce = ({ state, wiring }: Run, request: StepRequest): Promise<unknown> => {
  const { action, input, step, summary, purpose, assumed, replaces } = request;
  const { plugin, queue, effect, startToCloseMs, activity = action } = wiringOf(wiring, action);
  const { retry } = wiring;
  // While a customer waits for the first answer, minutes; afterwards, hours.
  const patient = (state.answer !== undefined || state.undoing) && !state.telling;
  const activities = proxyActivities<Readonly<Record<string, Activity>>>({
    activityId: step,
    taskQueue: queue,
    startToCloseTimeout: startToCloseMs,
    scheduleToCloseTimeout: patient ? retry.afterwardsMs : retry.whileWaitingMs,
    retry: { initialInterval: retry.firstMs, backoffCoefficient: 2, maximumInterval: retry.maxMs },
    summary: [step === action ? undefined : step, summary ?? about(state)].filter(Boolean).join(' · '),
  });
  const meta = { plugin, status: state.status, ...(effect === 'write' && { decisions: state.decisions }) };
  if (purpose === 'fence') return activities['effect.fence']!(input, { ...meta, action });
  if (purpose === 'assume') return activities['effect.assume']!(input, { ...meta, action, assumed });
  return activities[activity]!(input, { ...meta, ...(replaces !== undefined && { replaces }) });
};

/** What the purchase is about, beside every step in the Temporal UI. Never personal data. */
const about = ({ order, subject }: RunState): string =>
  order === undefined ? (subject ?? '') : `order ${order}`;

/** Whether the flow must stay with this step. With nothing moved yet it may still undo and end. */
const mustPark = ({ state, wiring }: Run, action: string, failure: StepFailure): boolean => {
  if (state.telling) return false;
  if (state.undoing || state.kept || state.behind.size > 0) return true;
  if (failure.consequence === 'terminal') return false;
  if (wiringOf(wiring, action).moves === 'money' && failure.effect === 'unknown')
    state.moneyMayHaveMoved = true;
  return state.moneyMayHaveMoved;
};

const wiringOf = (wiring: Snapshot, action: string): StepWiring => {
  const found = wiring.actions[action];
  if (!found) throw new Error(`The flow's contract does not list ${action} in its uses.`);
  return found;
};

/** Names the step, unique in the run. A repeat is a mistake in the flow, and fails the workflow task until it is mended. */
export const nameStep = (state: RunState, step: string): string => {
  if (state.names.has(step)) {
    throw new Error(
      `This run has a step '${step}' already. Give the second one a name of its own with 'as'.`,
    );
  }
  state.names.add(step);
  return step;
};
