import { z } from 'zod';
import { Duration } from '../contracts/duration.ts';

const CallTimes = z.strictObject({
  /** One HTTP call of a plugin. */
  timeout: Duration,
  /** One attempt of an Action, with all the calls that it makes. */
  startToClose: Duration,
  /** How long a claim keeps others away; longer than an attempt can take. */
  lease: Duration,
  /** A look-up's "absent" counts when it was said twice, this far apart. */
  settle: Duration,
});

const Retry = z.strictObject({
  first: Duration.default('500ms'),
  max: Duration.default('30s'),
  whileWaiting: Duration.default('2m'),
  afterwards: Duration.default('1h'),
  parkedEvery: Duration.default('5m'),
});

const Concurrency = z.int().min(1).max(1_000);
const PerSecond = z.int().min(1).max(10_000);
const Breaker = z.strictObject({
  /** Calls of this last stretch of time are judged. */
  window: Duration,
  /** Fewer calls than this in the window are not judged. */
  minimum: z.int().min(1),
  /** It opens when this part of them failed: time-outs, lost connections and 5xx; a refusal is no failure. */
  failureRatio: z.number().gt(0).max(1),
  /** How long it lets nothing through before it lets one call probe. */
  openFor: Duration,
});

/** The wiring file: which plugins there are, and which Action each of them serves. */
export const WiringFile = z.strictObject({
  /** Times of every plugin's calls; a plugin may have its own. */
  calls: z
    .strictObject({
      timeout: CallTimes.shape.timeout.default('10s'),
      startToClose: CallTimes.shape.startToClose.default('30s'),
      lease: CallTimes.shape.lease.default('40s'),
      settle: CallTimes.shape.settle.default('10s'),
    })
    .prefault({}),
  retry: Retry.prefault({}),
  /** What each Service may be asked for; a plugin may have its own. */
  limits: z
    .strictObject({
      /** Calls at once, in each process. */
      concurrency: Concurrency.default(50),
      /** Calls of Actions per second, by all processes together. Default: as many as come. */
      ratePerSecond: PerSecond.optional(),
      /** How many processes share that rate while Redis is down. */
      processes: z.int().min(1).default(4),
      breaker: z
        .strictObject({
          window: Breaker.shape.window.default('30s'),
          // As low as a shop with a purchase per minute needs.
          minimum: Breaker.shape.minimum.default(8),
          failureRatio: Breaker.shape.failureRatio.default(0.5),
          // Default: `retry.max`, after which a call alone would be tried again, too.
          openFor: Breaker.shape.openFor.optional(),
        })
        .prefault({}),
    })
    .prefault({}),
  steering: z
    .strictObject({
      /** Whether steps that move money or grants may be steered from the Temporal UI, whose users we cannot verify. */
      moneyByUnverified: z.boolean().default(false),
    })
    .prefault({}),
  plugins: z.record(
    z.string().regex(/^[a-z][a-z0-9-]*$/, 'a name in kebab-case'),
    z.strictObject({
      /** A path relative to the wiring file, or the name of an installed package. */
      module: z.string().min(1),
      settings: z.record(z.string(), z.unknown()).default({}),
      calls: CallTimes.partial().default({}),
      limits: z
        .strictObject({
          concurrency: Concurrency.optional(),
          ratePerSecond: PerSecond.optional(),
          breaker: Breaker.partial().default({}),
        })
        .prefault({}),
    }),
  ),
  actions: z.record(z.string(), z.string()),
  /** Signal → plugins that receive it. */
  signals: z.record(z.string(), z.array(z.string()).min(1)).default({}),
  /** Filter → plugins whose Pipeline Steps it asks, in this order. */
  filters: z.record(z.string(), z.array(z.string()).min(1)).default({}),
  flows: z.record(z.string(), z.record(z.string(), z.unknown())).default({}),
});
export type WiringFile = z.infer<typeof WiringFile>;
