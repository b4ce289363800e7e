import { CancellationScope, proxyActivities, sleep } from '@temporalio/workflow';
import { CancelRequested, GaveUp, readStepFailure, type StepFailure } from './failure.ts';
import { journalSteps } from './journal-steps.ts';
import { showInSearch } from './search.ts';
import type { RunState, Snapshot, StepView, StepWiring } from './state.ts';
import { showDetails } from './view.ts';

export interface StepRequest {
  readonly action: string;
  readonly input: unknown;
  readonly step: string;
  readonly summary: string | undefined;
  /** `fence` makes sure that the write never happens, or answers what it did. */
  readonly purpose?: 'fence';
}
type Activities = Readonly<Record<string, (input: unknown, meta: object) => Promise<unknown>>>;

/** Names the step, unique in the run. A repeat is a mistake in the flow, and fails the workflow task until it is mended. */
export const nameStep = (state: RunState, step: string): string => {
  if (state.names.has(step))
    throw new Error(
      `This run has a step '${step}' already. Give the second one a name of its own with 'as'.`,
    );
  state.names.add(step);
  return step;
};

export const createSteps = (state: RunState, wiring: Snapshot) => {
  const wiringOf = (action: string): StepWiring => {
    const found = wiring.actions[action];
    if (!found) throw new Error(`The flow does not list ${action} in its uses.`);
    return found;
  };

  const callOnce = ({ action, input, step, summary, purpose }: StepRequest): Promise<unknown> => {
    const { plugin, queue, startToCloseMs } = wiringOf(action);
    const { retry } = wiring;
    const patient = (state.answer !== undefined || state.undoing) && !state.telling;
    const activities = proxyActivities<Activities>({
      activityId: step,
      taskQueue: queue,
      startToCloseTimeout: startToCloseMs,
      scheduleToCloseTimeout: patient ? retry.afterwardsMs : retry.whileWaitingMs,
      retry: { initialInterval: retry.firstMs, backoffCoefficient: 2, maximumInterval: retry.maxMs },
      summary: summary ?? (state.order ? `${action} for order ${state.order}` : action),
    });
    const meta = { plugin, status: state.status };
    return purpose === 'fence'
      ? activities['effect.fence']!(input, { ...meta, action })
      : activities[action]!(input, meta);
  };

  /** Whether the flow must stay with this step. With nothing moved yet it may still undo and end. */
  const mustPark = (action: string, failure: StepFailure): boolean => {
    if (state.telling) return false;
    const moves = wiringOf(action).moves === 'money' && failure.effect === 'unknown';
    if (moves) state.moneyMayHaveMoved = true;
    return state.moneyMayHaveMoved || state.undoing || state.kept;
  };

  const park = async (view: StepView, failure: StepFailure, tries: number): Promise<void> => {
    // Ever more rarely, up to twelve times the first pause: a flow that is parked for weeks must not fill its history.
    const pauseMs = wiring.retry.parkedEveryMs * Math.min(2 ** (tries - 1), 12);
    view.state = 'parked';
    view.code = failure.code;
    const before = state.status;
    state.status = 'needs-attention';
    state.waits = `${view.step} (${failure.code}), tried again after ${Math.round(pauseMs / 1_000)} s`;
    showDetails(state);
    if (tries === 1) showInSearch({ status: state.status, order: state.order, failing: failure.service });
    const { code, message, service } = failure;
    await journalSteps(`park ${view.step} ${tries}`)['flow.park']({
      step: view.step,
      code,
      message,
      service,
    });
    await sleep(pauseMs);
    state.status = before;
    state.waits = undefined;
  };

  const unpark = async (view: StepView, tries: number): Promise<void> => {
    showInSearch({ status: state.status, order: state.order, failing: null });
    await journalSteps(`unpark ${view.step} ${tries}`)['flow.unpark']({
      step: view.step,
      status: state.status,
    });
  };

  /** Runs a step until it has an answer, parking in between; throws GaveUp where the flow may undo and end instead. */
  const runStep = async (request: StepRequest): Promise<unknown> => {
    const { queue } = wiringOf(request.action);
    if (state.cancelRequested && !state.undoing && !state.kept && !state.telling) throw new CancelRequested();
    const view: StepView = { step: nameStep(state, request.step), service: queue, state: 'running' };
    state.steps.push(view);
    showDetails(state);
    for (let tries = 1; ; tries++) {
      try {
        const output = await callOnce(request);
        view.state = 'done';
        delete view.code;
        if (tries > 1) await unpark(view, tries);
        if (wiringOf(request.action).moves === 'money' && !request.purpose) state.moneyMayHaveMoved = true;
        return output;
      } catch (error) {
        const failure = readStepFailure(error, queue);
        view.state = 'failed';
        view.code = failure.code;
        const undecided = failure.consequence !== 'terminal' || state.undoing;
        if (!undecided || !mustPark(request.action, failure)) throw new GaveUp(failure);
        await park(view, failure, tries);
      }
    }
  };

  // Cancellation comes between steps only: what is under way is told apart by its answer, not by an interrupt.
  return (request: StepRequest): Promise<unknown> => CancellationScope.nonCancellable(() => runStep(request));
};
