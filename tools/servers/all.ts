import { startMysql, type MysqlServer } from './mysql.ts';
import { startRedis, type RedisServer } from './redis.ts';
import { sayWhenSlow } from './say.ts';
import { startTemporal, type TemporalServer } from './temporal.ts';

export interface Servers extends AsyncDisposable {
  readonly mysql: MysqlServer;
  readonly redis: RedisServer;
  readonly temporal: TemporalServer;
  stop(): Promise<void>;
}

/** Starts the three servers at once; if one cannot be had, the others are stopped before the error is thrown. */
export async function startServers(options: { ui?: boolean } = {}): Promise<Servers> {
  const started = await Promise.allSettled([
    sayWhenSlow('Starting MySQL …', startMysql()),
    sayWhenSlow('Starting Redis …', startRedis()),
    sayWhenSlow('Starting Temporal …', startTemporal(options)),
  ]);
  const stop = async () => {
    for (const one of started.toReversed()) if (one.status === 'fulfilled') await one.value.stop();
  };
  const [mysql, redis, temporal] = started;
  if (mysql.status === 'fulfilled' && redis.status === 'fulfilled' && temporal.status === 'fulfilled') {
    return {
      mysql: mysql.value,
      redis: redis.value,
      temporal: temporal.value,
      stop,
      [Symbol.asyncDispose]: stop,
    };
  }
  await stop();
  const reasons = started.flatMap((one) =>
    one.status === 'rejected' ? [(one.reason as Error).message] : [],
  );
  throw new Error(reasons.join('\n\n'));
}
