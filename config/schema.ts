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
    }),
  ),
  actions: z.record(z.string(), z.string()),
  flows: z.record(z.string(), z.record(z.string(), z.unknown())).default({}),
});
export type WiringFile = z.infer<typeof WiringFile>;
