import { condition, workflowInfo } from '@temporalio/workflow';
import { inWords } from './duration.ts';
import { Abandoned, type StepFailure } from './failure.ts';
import { journalSteps } from './journal-steps.ts';
import type { Run, StepRequest } from './run.ts';
import { showInSearch } from './search.ts';
import type { Steering, StepView } from './state.ts';
import { showDetails } from './view.ts';
import { readWiring } from './wiring.ts';

interface ParkedStep {
  readonly request: StepRequest;
  readonly view: StepView;
  readonly failure: StepFailure;
  readonly tries: number;
}

/**
 * Waits with the step, visibly: status, incident, search attribute. Ends when an operator steers it, or by itself after a
 * while, and answers how to go on. Throws Abandoned when somebody gave the purchase up.
 */
export const park = async (run: Run, parked: ParkedStep): Promise<Steering> => {
  const { state, wiring } = run;
  const { request, view, failure, tries } = parked;
  // Ever more rarely, up to twelve times the first pause: a flow that is parked for weeks must not fill its history.
  const pauseMs = wiring.retry.parkedEveryMs * Math.min(2 ** (tries - 1), 12);
  const { code, message, service } = failure;
  const before = state.status;
  const { runId } = workflowInfo();
  state.wasParked = true;
  const stepWiring = wiring.actions[request.action];
  const moves = stepWiring?.moves;
  // Once money may have moved, an invented answer to a mere look is as good as an invented payment.
  const touches = moves ?? (stepWiring?.learns || state.moneyMayHaveMoved ? ('money' as const) : undefined);
  const here = (state.parked = {
    id: `${view.step}#${tries}@${runId}`,
    step: view.step,
    moves,
    touches,
    steering: undefined as Steering | undefined,
  });
  view.state = 'parked';
  state.status = 'needs-attention';
  state.waits = `${view.step} (${code}), tried again after ${inWords(pauseMs)} or by Update; park id ${here.id}`;
  showDetails(state);
  if (tries === 1) showInSearch({ status: state.status, order: state.order, failing: service });
  await journalSteps(`park ${view.step} ${tries}`, `${view.step}: ${code}`)['flow.park']({
    step: view.step,
    code,
    message,
    service,
    park: here.id,
  });
  await condition(() => here.steering !== undefined, pauseMs, { summary: `parked on ${view.step}` });
  state.status = before;
  state.waits = undefined;
  state.parked = undefined;
  const steering = here.steering ?? { do: 'retry', input: undefined, reroute: false };
  if (steering.do === 'abandon') throw new Abandoned(failure);
  if (steering.do === 'retry' && steering.reroute) await reroute(run, request.action);
  return steering;
};

/** Takes today's wiring for this Action, for the rest of the run. An effect that somebody began stays with its own plugin. */
const reroute = async ({ flowName, wiring }: Run, action: string): Promise<void> => {
  const today = (await readWiring(flowName)).actions[action];
  if (today) wiring.actions[action] = today;
};

/** The step has its answer after all: the incident is closed. */
export const unpark = async ({ state }: Run, view: StepView, tries: number): Promise<void> => {
  showInSearch({ status: state.status, order: state.order, failing: null });
  await journalSteps(`unpark ${view.step} ${tries}`, view.step)['flow.unpark']({
    step: view.step,
    status: state.status,
  });
};
