import { type Run, runStep, type StepRequest } from './run.ts';

/** One write that the run began. Its undo is known before the call, because the call's outcome may never be. */
export interface Undoable {
  readonly step: string;
  readonly action: string;
  /** Every input that was tried: an operator may have corrected the first one. */
  readonly tried: unknown[];
  readonly undo: ((done: never) => Promise<unknown>) | undefined;
  /** Undefined while nobody knows whether it happened. */
  done?: { readonly output: unknown } | undefined;
}

type Fenced = { readonly happened: true; readonly output: unknown } | { readonly happened: false };

/** Undoes last in, first out. Whatever is not known to have happened is fenced first, so that no late attempt brings it back. */
export const undoAll = async (run: Run): Promise<void> => {
  const { state, stack } = run;
  state.undoing = true;
  for (let entry = stack.pop(); entry; entry = stack.pop()) {
    const { undo } = entry;
    const done = entry.done ?? (await fenceAll(run, entry));
    if (done && undo) await undo(done.output as never);
  }
  state.undoing = false;
};

/** Makes sure that nothing of what was tried happens from now on, or finds out that something did. */
const fenceAll = async (run: Run, { step, action, tried }: Undoable): Promise<Undoable['done']> => {
  const summary = `make sure that ${step} never happens`;
  for (const [n, input] of tried.entries()) {
    const name = n === 0 ? `fence:${step}` : `fence:${step}~${n}`;
    const fence: StepRequest = { action, input, step: name, summary, purpose: 'fence' };
    const outcome = (await runStep(run, fence)) as Fenced;
    if (outcome.happened) return { output: outcome.output };
  }
  return undefined;
};
