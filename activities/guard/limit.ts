import type { Redis } from 'ioredis';
import { RateLimiterMemory, RateLimiterRedis, RateLimiterRes } from 'rate-limiter-flexible';
import type { ServiceLimits } from '../../config/wiring.ts';

export interface Rate {
  /** Takes one call of this second. Undefined: it may be made; else in how many milliseconds to ask again. */
  take(): Promise<{ readonly refusedForMs: number } | undefined>;
  /** False while this process lives on its own share, because Redis does not answer. */
  isShared(): boolean;
}

/** After Redis failed, the share alone decides for this long: no call waits for a Redis that hangs. */
const REDIS_RESTS_MS = 1_000;
/** Nobody is sent away for longer, however many wait. */
const LONGEST_MS = 30_000;

/**
 * The calls per second of all processes together, counted in Redis under `key`. Without Redis each process takes its
 * share of them: fewer calls than allowed, never more.
 */
export const createRate = (
  key: string,
  { perSecond, processes }: NonNullable<ServiceLimits['rate']>,
  { redis, onRedis }: { redis: Redis; onRedis: (isThere: boolean) => void },
): Rate => {
  const ours = Math.floor(perSecond / processes);
  const share = new RateLimiterMemory(
    ours >= 1 ? { points: ours, duration: 1 } : { points: 1, duration: Math.ceil(processes / perSecond) },
  );
  const whole = new RateLimiterRedis({
    storeClient: redis,
    points: perSecond,
    duration: 1,
    keyPrefix: 'cc:rate',
    rejectIfRedisNotReady: true,
  });
  let restsUntil = 0;
  let isShared = true;
  const noteRedis = (isThere: boolean): void => {
    if (isThere !== isShared) onRedis(isThere);
    isShared = isThere;
  };

  /** Throws RateLimiterRes when the second is full. */
  const consume = async (): Promise<void> => {
    if (performance.now() >= restsUntil) {
      try {
        await whole.consume(key);
        return noteRedis(true);
      } catch (error) {
        noteRedis(error instanceof RateLimiterRes);
        if (error instanceof RateLimiterRes) throw error;
        restsUntil = performance.now() + REDIS_RESTS_MS;
      }
    }
    await share.consume(key);
  };
  return {
    isShared: () => isShared,
    async take() {
      try {
        await consume();
        return undefined;
      } catch (error) {
        if (!(error instanceof RateLimiterRes)) throw error;
        const { points, duration } = isShared ? whole : share;
        // Those that were sent away are counted too: each comes back when it is its turn, not all in the next second.
        const ahead = Math.max(error.consumedPoints - points - 1, 0);
        const turnMs = error.msBeforeNext + (ahead / points) * duration * 1_000;
        return { refusedForMs: Math.min(turnMs, LONGEST_MS) };
      }
    },
  };
};
