import type { RunFlow } from './contestants.ts';

/** The value that this share of the sorted values stays below. */
const percentile = (values: readonly number[], share: number): number => {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.min(Math.floor(sorted.length * share), sorted.length - 1)] ?? Number.NaN;
};
export const median = (values: readonly number[]): number => percentile(values, 0.5);

export const millisecondsFor = async (work: () => Promise<unknown>): Promise<number> => {
  const began = performance.now();
  await work();
  return performance.now() - began;
};

export interface Pair {
  readonly ours: readonly number[];
  readonly bare: readonly number[];
}

/** One flow at a time, ours and bare in turn, so that a noisy minute of the machine hits both. Milliseconds. */
export const oneAtATime = async (
  { ours, bare }: { readonly ours: RunFlow; readonly bare: RunFlow },
  { warmUp, runs }: { readonly warmUp: number; readonly runs: number },
): Promise<Pair> => {
  const seen = { ours: [] as number[], bare: [] as number[] };
  for (let run = -warmUp; run < runs; run++) {
    const pair = { bare: await millisecondsFor(bare), ours: await millisecondsFor(ours) };
    if (run < 0) continue;
    seen.bare.push(pair.bare);
    seen.ours.push(pair.ours);
  }
  return seen;
};

/** Flows per second while this many are in flight, until `flows` of them have ended. */
export const inFlight = async (run: RunFlow, lanes: number, flows: number): Promise<number> => {
  let left = flows;
  const lane = async (): Promise<void> => {
    while (left > 0) {
      left -= 1;
      await run();
    }
  };
  const ms = await millisecondsFor(() => Promise.all(Array.from({ length: lanes }, lane)));
  return (flows * 1_000) / ms;
};
