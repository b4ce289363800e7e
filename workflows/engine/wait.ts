import { condition } from '@temporalio/workflow';
import { takeMessages } from './messages.ts';
import type { RunState } from './state.ts';
import { showDetails } from './view.ts';

export interface WaitOptions<T> {
  /** What the flow waits for, in words that an operator reads. */
  readonly for: string;
  /** Messages that are a reason to look at once. */
  readonly on: readonly string[];
  /** A message that ends the wait. */
  readonly stopOn?: string | undefined;
  readonly withinMs: number;
  readonly everyMs: number;
  /** Looks come ever more rarely, up to this; a message makes them come often again. Default: always `everyMs`. */
  readonly upToEveryMs?: number;
  /** Looks for the n-th time (from 1). Its answer decides, nothing else does. */
  readonly look: (n: number) => Promise<T>;
  readonly until: (seen: T) => boolean;
}
export type Waited<T> =
  { readonly ended: 'settled'; readonly seen: T } | { readonly ended: 'deadline' | 'stopped' };

/** Waits until a look says that it is settled, the deadline passes, or somebody stops it. */
export const waitFor = async <T>(state: RunState, options: WaitOptions<T>): Promise<Waited<T>> => {
  const { on, stopOn, withinMs, everyMs, upToEveryMs = everyMs, look, until } = options;
  let pauseMs = everyMs;
  const stops = stopOn === undefined ? [] : [stopOn];
  const deadline = Date.now() + withinMs;
  const stopped = (): boolean => state.cancelRequested || takeMessages(state, stops).length > 0;
  const told = (names: readonly string[]) => state.messages.some(({ name }) => names.includes(name));
  state.waits = options.for;
  showDetails(state);
  try {
    for (let n = 1; ; n++) {
      const left = deadline - Date.now();
      if (left <= 0) return { ended: 'deadline' };
      const summary = `waits for ${options.for}`;
      await condition(() => state.cancelRequested || told([...on, ...stops]), Math.min(pauseMs, left), {
        summary,
      });
      if (stopped()) return { ended: 'stopped' };
      pauseMs = takeMessages(state, on).length > 0 ? everyMs : Math.min(pauseMs * 1.5, upToEveryMs);
      const seen = await look(n);
      if (until(seen)) return { ended: 'settled', seen };
    }
  } finally {
    state.waits = undefined;
  }
};
