import { join } from 'node:path';
import { Redis } from 'ioredis';
import { createGuard, createHost } from '../activities/host/host.ts';
import { createLog, startingWith } from '../config/clients.ts';
import { dataConverterOf } from '../config/codec.ts';
import { readEnv, withSecretFiles } from '../config/env.ts';
import { loadWiring } from '../config/load-plugins.ts';
import { openJournal } from '../journal/connect.ts';
import { migrate } from '../journal/migrate.ts';
import { findViolations } from '../journal/violations.ts';
import { createApp } from './app.ts';
import { describeFlow } from './describe-flow.ts';
import { createDevAuth } from './http/auth.ts';
import { serve } from './serve.ts';
import { openTemporal } from './temporal.ts';

// The API process. It starts without Temporal and without Redis; without MySQL it could accept nothing.
const boot = createLog('api', 'info');
const attempt = startingWith(boot);

const secrets = await attempt('The API cannot start', () => withSecretFiles(process.env));
const env = await attempt('The API cannot start', () => readEnv(secrets));
const log = createLog('api', env.LOG_LEVEL);
const authenticate = await attempt('The API cannot start', () => {
  if (env.DEV_TOKEN_SECRET === undefined) {
    throw new Error(
      'DEV_TOKEN_SECRET is not set. Set it to 32 or more random characters: development tokens are the only ones so far',
    );
  }
  return createDevAuth({ secret: env.DEV_TOKEN_SECRET, nodeEnv: env.NODE_ENV });
});
const wiring = await attempt('The API cannot start', () => loadWiring(env.CC_CONFIG, secrets));
await attempt(`The journal (MYSQL_URL, ${new URL(env.MYSQL_URL).host}) cannot be opened`, () =>
  migrate(env.MYSQL_URL, join(import.meta.dirname, '../journal/migrations')).catch(
    (error: Error & { code?: string }) => {
      throw new Error(`${error.message || error.code}. Start MySQL, or correct MYSQL_URL`, { cause: error });
    },
  ),
);

const journal = openJournal(env.MYSQL_URL);
const dataConverter = dataConverterOf(env.PAYLOAD_KEYS);
const temporal = openTemporal(env.TEMPORAL_ADDRESS, env.TEMPORAL_NAMESPACE, dataConverter);
const redis = new Redis(env.REDIS_URL, {
  lazyConnect: true,
  enableOfflineQueue: false,
  maxRetriesPerRequest: 1,
  connectTimeout: 2_000,
  // One that is there and does not answer must not hold up a read.
  commandTimeout: 1_000,
});
// The client reconnects by itself; readiness shows that it is away.
redis.on('error', () => undefined);
redis.connect().catch(() => undefined);

const guard = await createGuard({
  journal,
  redis,
  services: wiring.services ?? new Map(),
  scope: env.TASK_QUEUE_PREFIX,
  log,
});
const host = createHost({ journal, wiring, log, guard });
const underWay = new Set<Promise<unknown>>();
let isStopping = false;
const app = createApp({
  journal,
  temporal,
  taskQueuePrefix: env.TASK_QUEUE_PREFIX,
  wiring,
  authenticate,
  read: host.read,
  steeringSecret: env.STEERING_SECRET,
  payloadCodecs: dataConverter.payloadCodecs,
  temporalUiOrigin: env.TEMPORAL_UI_ORIGIN,
  violations: () => findViolations({ journal, describeFlow: (id) => describeFlow(temporal, id) }),
  probes: {
    mysql: () => journal.rows('SELECT 1'),
    temporal: () =>
      temporal.withDeadline(Date.now() + 1_500, () => temporal.workflowService.getSystemInfo({})),
    redis: () => redis.ping(),
  },
  log,
  background: (work) => {
    underWay.add(work);
    void work.finally(() => underWay.delete(work));
  },
  isStopping: () => isStopping,
});
const served = await attempt('The API cannot listen', () => serve(app, { host: env.HOST, port: env.PORT }));

const GRACE_MS = 10_000;
const stop = async (signal: string): Promise<void> => {
  // Asked twice, or hanging: out, as after a crash. What was accepted is finished by the sweeper.
  if (isStopping) process.exit(1);
  isStopping = true;
  setTimeout(() => process.exit(1), GRACE_MS + 5_000).unref();
  log.info({ signal }, 'api stopping');
  await served.stop(GRACE_MS);
  await Promise.allSettled(underWay);
  guard.stop();
  redis.disconnect();
  await temporal.connection.close();
  await journal.close();
  log.info('api stopped');
  process.exit(0);
};
process.on('SIGTERM', (signal) => void stop(signal));
process.on('SIGINT', (signal) => void stop(signal));
log.info({ url: served.url }, 'api ready');
