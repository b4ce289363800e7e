import type { ServiceLimits } from '../../config/wiring.ts';
import type { PausedService } from '../../journal/services.ts';
import type { Breaker, Outcome } from './breaker.ts';
import { outcomeOf } from './outcome.ts';
import {
  type Around,
  askBreaker,
  askPause,
  askPlace,
  askRate,
  createQuiet,
  openBreaker,
  openRate,
} from './questions.ts';

/** A call that is about to be made. */
export interface Entry {
  readonly service: string;
  /** After this the call counts as failed, and its place is given to another. */
  readonly withinMs: number;
  /** Fires when the flow no longer wants the answer: that says nothing of the Service. */
  readonly abort: AbortSignal;
}
/** A place at the Service for one call. */
export interface Permit {
  /** Makes the call, and gives the place back with what the call says of the Service. */
  run<T>(call: () => Promise<T>): Promise<T>;
  /** Gives the place back when there was no call after all; harmless afterwards. */
  leave(): void;
}

/** One Service as this process sees it. */
export interface ServiceState {
  readonly service: string;
  readonly paused: PausedService | undefined;
  readonly breaker: ReturnType<Breaker['look']>;
  /** The Service asked for quiet for so much longer; 0: it did not. */
  readonly throttledForMs: number;
  readonly underWay: number;
  readonly concurrency: number;
  /** `shared: false`: Redis is away, and this process lives on its share. */
  readonly rate: { readonly perSecond: number; readonly shared: boolean } | undefined;
}

/** What stands before one Service. The rate is asked last: a call that is refused otherwise costs none of it. */
export const createService = (name: string, limits: ServiceLimits, around: Around) => {
  const { concurrency } = limits;
  const breaker = openBreaker(name, limits.breaker, around.log);
  const rate = openRate(name, limits, around);
  const quiet = createQuiet(name, around.log);
  let underWay = 0;

  /** Takes a place; the function gives it back, once. */
  const takePlace = (withinMs: number): ((outcome: Outcome) => void) => {
    askPlace(name, underWay, concurrency);
    const admission = askBreaker(name, breaker, limits.breaker.openForMs);
    underWay += 1;
    let isTaken = true;
    const leave = (outcome: Outcome): void => {
      if (!isTaken) return;
      isTaken = false;
      clearTimeout(timer);
      underWay -= 1;
      admission.report(outcome);
    };
    // A plugin whose client knows no time-out must keep neither its place nor the probe for ever.
    const timer = setTimeout(() => leave('failed'), withinMs).unref();
    return leave;
  };

  return {
    async enter({ withinMs, abort }: Entry): Promise<Permit> {
      askPause(name, around.pauses);
      quiet.ask();
      const leave = takePlace(withinMs);
      try {
        await askRate(name, rate);
      } catch (error) {
        leave('unknown');
        throw error;
      }
      return {
        leave: () => leave('unknown'),
        async run(call) {
          try {
            const answer = await call();
            leave('ok');
            return answer;
          } catch (error) {
            quiet.note(error);
            leave(abort.aborted ? 'unknown' : outcomeOf(error));
            throw error;
          }
        },
      };
    },
    look: (): ServiceState => ({
      service: name,
      paused: around.pauses.of(name),
      breaker: breaker.look(),
      throttledForMs: quiet.leftMs(),
      underWay,
      concurrency,
      rate: rate && limits.rate && { perSecond: limits.rate.perSecond, shared: rate.isShared() },
    }),
  };
};
