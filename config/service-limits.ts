import { millisecondsOf } from '../contracts/duration.ts';
import type { ServicePlugin } from '../plugins/sdk/plugin.ts';
import { mistake } from './mistake.ts';
import type { WiringFile } from './schema.ts';
import type { BreakerLimits, ServiceLimits } from './wiring.ts';

/** Each Service's limits: what its plugin says, else what the file says for all. Two plugins of one Service say the same. */
export const wireServices = (
  file: WiringFile,
  plugins: ReadonlyMap<string, ServicePlugin>,
  mistakes: string[],
): ReadonlyMap<string, ServiceLimits> => {
  const services = new Map<string, { readonly by: string; readonly limits: ServiceLimits }>();
  for (const [name, { service }] of plugins) {
    const own = file.plugins[name]?.limits;
    const perSecond = own?.ratePerSecond ?? file.limits.ratePerSecond;
    const limits: ServiceLimits = {
      concurrency: own?.concurrency ?? file.limits.concurrency,
      rate: perSecond === undefined ? undefined : { perSecond, processes: file.limits.processes },
      breaker: breakerOf(file, name),
    };
    if (limits.breaker.windowMs === 0 || limits.breaker.openForMs === 0) {
      mistakes.push(
        mistake(`plugins.${name}.limits.breaker`, 'window or openFor is 0', {
          legal: 'any longer time',
          remedy: 'Change it here, or under limits; for a breaker that never opens, raise minimum',
        }),
      );
    }
    const other = services.get(service);
    if (other && JSON.stringify(other.limits) !== JSON.stringify(limits)) {
      mistakes.push(
        mistake(
          `plugins.${name}.limits`,
          `'${other.by}' calls the same Service '${service}' with other limits`,
          {
            legal: `those of plugins.${other.by}.limits`,
            remedy: 'Limits belong to the Service: give both plugins the same',
          },
        ),
      );
    }
    services.set(service, { by: name, limits });
  }
  return new Map([...services].map(([service, { limits }]) => [service, limits]));
};

const breakerOf = (file: WiringFile, name: string): BreakerLimits => {
  const { breaker: all } = file.limits;
  const own = file.plugins[name]?.limits.breaker ?? {};
  return {
    windowMs: millisecondsOf(own.window ?? all.window),
    minimum: own.minimum ?? all.minimum,
    failureRatio: own.failureRatio ?? all.failureRatio,
    openForMs: millisecondsOf(own.openFor ?? all.openFor ?? file.retry.max),
  };
};
