import { type Run, runStep, type StepRequest } from './run.ts';

/** One write that the run began. Its undo is known before the call, because the call's outcome may never be. */
export interface Undoable {
  readonly step: string;
  readonly action: string;
  readonly input: unknown;
  readonly undo: ((done: never) => Promise<unknown>) | undefined;
  /** Undefined while nobody knows whether it happened. */
  done?: { readonly output: unknown };
}

type Fenced = { readonly happened: true; readonly output: unknown } | { readonly happened: false };

/** Undoes last in, first out. Whatever is not known to have happened is fenced first, so that no late attempt brings it back. */
export const undoAll = async (run: Run): Promise<void> => {
  const { state, stack } = run;
  state.undoing = true;
  for (let entry = stack.pop(); entry; entry = stack.pop()) {
    const { step, action, input, undo } = entry;
    let { done } = entry;
    if (!done) {
      const summary = `make sure that ${step} never happens`;
      const fence: StepRequest = { action, input, step: `fence:${step}`, summary, purpose: 'fence' };
      const outcome = (await runStep(run, fence)) as Fenced;
      if (outcome.happened) done = { output: outcome.output };
    }
    if (done && undo) await undo(done.output as never);
  }
  state.undoing = false;
};
