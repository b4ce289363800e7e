import type { StepNews } from './watch-steps.ts';

/** Prints what happens, each line with its time since the beginning, in the order of those times. */
export interface Timeline {
  step(news: StepNews): void;
  /** What somebody outside of the flow does or sees. */
  note(who: string, text: string): void;
  /** Prints what is still held back. */
  close(): void;
}

/** The history of a step reaches us a moment after the step; so long are lines held back, to be printed in order. */
const HELD_BACK_MS = 250;

export const createTimeline = (print: (line: string) => void): Timeline => {
  const beginning = Date.now();
  let held: { readonly at: number; readonly text: string }[] = [];
  const flush = (until: number): void => {
    const due = held.filter(({ at }) => at <= until).toSorted((one, other) => one.at - other.at);
    held = held.filter(({ at }) => at > until);
    for (const { at, text } of due) {
      const seconds = Math.max(at - beginning, 0) / 1_000;
      print(`  ${`+${seconds.toFixed(2)}`.padStart(7)} s  ${text}`);
    }
  };
  const timer = setInterval(() => flush(Date.now() - HELD_BACK_MS), 50);
  const add = (at: number, text: string): void => void held.push({ at, text: text.trimEnd() });
  return {
    step({ at, step, service, attempt, state, outcome }) {
      const what =
        state === 'done'
          ? attempt > 1
            ? `done at attempt ${attempt}`
            : 'done'
          : `attempt ${attempt} failed`;
      add(at, `${service.padEnd(10)} ${step.padEnd(26)} ${what}${outcome ? `: ${outcome}` : ''}`);
    },
    note: (who, text) => add(Date.now(), `${who.padEnd(10)} ${text}`),
    close() {
      clearInterval(timer);
      flush(Infinity);
    },
  };
};
