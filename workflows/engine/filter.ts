import { type Run, runStep } from './run.ts';

/** What a Filter's Pipeline Steps made of the value, or why one of them stopped the flow. */
export type Filtered<V> = { readonly value: V; readonly halted?: undefined } | { readonly halted: string };

/** Asks the configured Pipeline Steps in order; each gets what the one before it answered. */
export const applyFilter = async (run: Run, filter: string, value: unknown): Promise<Filtered<unknown>> => {
  let current = value;
  for (const step of run.wiring.steps[filter] ?? []) {
    const asked = { action: step, input: current, step, summary: undefined };
    const answer = (await runStep(run, asked)) as { readonly value: unknown } | { readonly halt: string };
    if ('halt' in answer) return { halted: answer.halt };
    current = answer.value;
  }
  return { value: current };
};
