import type { BreakerLimits } from '../../config/wiring.ts';

export type BreakerState = 'closed' | 'open' | 'half-open';
/** `unknown`: the call was not made, or says nothing of the Service. */
export type Outcome = 'ok' | 'failed' | 'unknown';

/** A call that may be made now. Its first report counts. */
export interface Admission {
  report(outcome: Outcome): void;
}
export interface Counts {
  readonly calls: number;
  readonly failures: number;
}
export interface Breaker {
  /** May a call be made? If not, in how many milliseconds to ask again; 0 while the probe is under way. */
  ask(): Admission | { readonly refusedForMs: number };
  look(): Counts & { readonly state: BreakerState; readonly openForMs: number };
}

/** The window moves on by this part of itself. */
const SLICES = 10;

/** Counts the calls of the last `windowMs`. */
const createWindow = (windowMs: number) => {
  let slices: { readonly until: number; calls: number; failures: number }[] = [];
  const counts = (): Counts => {
    const now = performance.now();
    slices = slices.filter(({ until }) => until + windowMs > now);
    return {
      calls: slices.reduce((sum, { calls }) => sum + calls, 0),
      failures: slices.reduce((sum, { failures }) => sum + failures, 0),
    };
  };
  return {
    counts,
    count(failed: boolean): void {
      const now = performance.now();
      let slice = slices.at(-1);
      if (!slice || slice.until <= now) {
        slice = { until: now + windowMs / SLICES, calls: 0, failures: 0 };
        slices.push(slice);
      }
      slice.calls += 1;
      if (failed) slice.failures += 1;
    },
    clear: () => void (slices = []),
  };
};

/**
 * Closed, it counts; open, it lets nothing through; half-open, it lets exactly one call through, whose outcome decides.
 * Calls that began before a change of state are not counted after it. Of this process alone.
 */
export const createBreaker = (
  { windowMs, minimum, failureRatio, openForMs }: BreakerLimits,
  onChange: (state: BreakerState, counts: Counts) => void,
): Breaker => {
  let state: BreakerState = 'closed';
  let openUntil = 0;
  let isProbing = false;
  const window = createWindow(windowMs);
  /** Changes with the state: an admission of an earlier era has no say. */
  let era = 0;

  const moveTo = (next: BreakerState, seen: Counts): void => {
    state = next;
    era += 1;
    isProbing = false;
    window.clear();
    if (next === 'open') openUntil = performance.now() + openForMs;
    onChange(next, seen);
  };
  const count = (failed: boolean): void => {
    window.count(failed);
    const seen = window.counts();
    if (failed && seen.calls >= minimum && seen.failures / seen.calls >= failureRatio) moveTo('open', seen);
  };
  const probed = (outcome: Outcome): void => {
    isProbing = false;
    if (outcome === 'ok') moveTo('closed', { calls: 1, failures: 0 });
    if (outcome === 'failed') moveTo('open', { calls: 1, failures: 1 });
  };
  return {
    ask() {
      const leftMs = openUntil - performance.now();
      if (state === 'open' && leftMs > 0) return { refusedForMs: leftMs };
      if (state === 'open') moveTo('half-open', { calls: 0, failures: 0 });
      if (isProbing) return { refusedForMs: 0 };
      const isProbe = state === 'half-open';
      isProbing = isProbe;
      const began = era;
      let isReported = false;
      return {
        report(outcome) {
          if (isReported || began !== era) return;
          isReported = true;
          if (isProbe) probed(outcome);
          else if (outcome !== 'unknown') count(outcome === 'failed');
        },
      };
    },
    look: () => ({
      state,
      openForMs: state === 'open' ? Math.max(openUntil - performance.now(), 0) : 0,
      ...window.counts(),
    }),
  };
};
