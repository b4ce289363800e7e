import type { Redis } from 'ioredis';
import type { ServiceLimits } from '../../config/wiring.ts';
import type { Journal } from '../../journal/connect.ts';
import type { Log } from '../../plugins/sdk/plugin.ts';
import { watchPauses } from './pause.ts';
import { createService, type Entry, type Permit, type ServiceState } from './service.ts';

export type { Permit, ServiceState };

/** Stands before every call of a Service. */
export interface Guard {
  /**
   * Lets a call in, or throws a RetryableError that says when to come back: `service.paused`, `service.breaker-open`,
   * `service.throttled`, `service.busy` or `service.rate-limited`. Nothing has happened then.
   */
  enter(entry: Entry): Promise<Permit>;
  /** Every Service as this process sees it now. */
  states(): readonly ServiceState[];
  stop(): void;
}

export interface GuardDeps {
  readonly journal: Journal;
  readonly redis: Redis;
  /** Each Service's limits. */
  readonly services: ReadonlyMap<string, ServiceLimits>;
  /** Keeps systems apart that share one Redis: the prefix of the task queues. */
  readonly scope: string;
  readonly log: Log;
  /** How often pauses are read. */
  readonly pausesEveryMs?: number;
}

/** Creates the guard of this process; `stop` ends its watch over pauses. */
export const createGuard = async ({
  journal,
  redis,
  services: limits,
  scope,
  log,
  pausesEveryMs,
}: GuardDeps): Promise<Guard> => {
  const pauses = await watchPauses(journal, log, pausesEveryMs);
  const services = new Map(
    [...limits].map(([name, own]) => [name, createService(name, own, { pauses, redis, scope, log })]),
  );
  return {
    async enter(entry) {
      const service = services.get(entry.service);
      if (!service) throw new Error(`This process has no limits for the Service '${entry.service}'.`);
      return service.enter(entry);
    },
    states: () => [...services.values()].map((service) => service.look()),
    stop: pauses.stop,
  };
};

/** Lets everything through: for a host that is tested alone. */
export const unguarded: Guard = {
  enter: () => Promise.resolve({ run: (call) => call(), leave: () => undefined }),
  states: () => [],
  stop: () => undefined,
};
