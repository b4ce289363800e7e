import { defineQuery, setCurrentDetails, setHandler } from '@temporalio/workflow';
import type { RunState, StepView } from './state.ts';

/** How a flow stands: what the API shows to the learner (without `steps`) and to operators. */
export interface FlowView {
  readonly status: string;
  readonly order?: string | undefined;
  readonly answer?: unknown;
  readonly result?: unknown;
  /** What the flow waits for, in words. */
  readonly waits?: string | undefined;
  /** What an operator's Update must name, while the flow is parked. */
  readonly park?: string | undefined;
  readonly steps: readonly StepView[];
}

const viewQuery = defineQuery<FlowView>('view');

/** Answers the Temporal Query `view`. */
export const answerViews = (state: RunState): void =>
  setHandler(
    viewQuery,
    ({ status, order, answer, result, waits, parked, steps } = state) => ({
      status,
      order,
      answer,
      result,
      waits,
      park: parked?.id,
      steps,
    }),
    { description: 'How the flow stands: status, order, what it waits for, and its steps' },
  );

/** The table that the Temporal UI shows for a running flow. */
export const showDetails = (state: RunState): void => {
  const rows = state.steps.map(
    ({ step, service, state: now, code }) => `| ${step} | ${service} | ${now}${code ? ` (${code})` : ''} |`,
  );
  setCurrentDetails(
    [
      `**${state.status}**${state.order ? `, order ${state.order}` : ''}${state.waits ? `: waits for ${state.waits}` : ''}`,
      '',
      '| Step | Service | State |',
      '|---|---|---|',
      ...rows,
    ].join('\n'),
  );
};
