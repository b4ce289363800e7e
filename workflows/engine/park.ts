import { sleep } from '@temporalio/workflow';
import type { StepFailure } from './failure.ts';
import { journalSteps } from './journal-steps.ts';
import type { Run } from './run.ts';
import { showInSearch } from './search.ts';
import type { StepView } from './state.ts';
import { showDetails } from './view.ts';

/** Waits with the step, visibly: status, incident, search attribute. Then the step is tried again. */
export const park = async (
  { state, wiring }: Run,
  {
    view,
    failure,
    tries,
  }: { readonly view: StepView; readonly failure: StepFailure; readonly tries: number },
): Promise<void> => {
  // Ever more rarely, up to twelve times the first pause: a flow that is parked for weeks must not fill its history.
  const pauseMs = wiring.retry.parkedEveryMs * Math.min(2 ** (tries - 1), 12);
  const { code, message, service } = failure;
  const before = state.status;
  view.state = 'parked';
  state.status = 'needs-attention';
  state.waits = `${view.step} (${code}), tried again after ${Math.round(pauseMs / 1_000)} s`;
  showDetails(state);
  if (tries === 1) showInSearch({ status: state.status, order: state.order, failing: service });
  await journalSteps(`park ${view.step} ${tries}`)['flow.park']({ step: view.step, code, message, service });
  await sleep(pauseMs);
  state.status = before;
  state.waits = undefined;
};

/** The step has its answer after all: the incident is closed. */
export const unpark = async ({ state }: Run, view: StepView, tries: number): Promise<void> => {
  showInSearch({ status: state.status, order: state.order, failing: null });
  await journalSteps(`unpark ${view.step} ${tries}`)['flow.unpark']({
    step: view.step,
    status: state.status,
  });
};
