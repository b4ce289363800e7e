import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { Client, Connection } from '@temporalio/client';
import { DefaultLogger, NativeConnection, Runtime } from '@temporalio/worker';
import { Redis } from 'ioredis';
import { createLog, startingWith } from '../config/clients.ts';
import { dataConverterOf } from '../config/codec.ts';
import { readEnv, withSecretFiles } from '../config/env.ts';
import { loadWiring } from '../config/load-plugins.ts';
import { openJournal } from '../journal/connect.ts';
import { migrate } from '../journal/migrate.ts';
import { startSweeper } from '../journal/sweeper.ts';
import { createGuard, createHost } from './host/host.ts';
import { chooseQueues, createWorkers } from './workers.ts';

// The worker process: runs the flows, and the plugins' Implementations. `--services stripe,lms` picks what it serves.
const boot = createLog('worker', 'info');
const attempt = startingWith(boot);

const secrets = await attempt('The worker cannot start', () => withSecretFiles(process.env));
const env = await attempt('The worker cannot start', () => readEnv(secrets));
const log = createLog('worker', env.LOG_LEVEL);
const wiring = await attempt('The worker cannot start', () => loadWiring(env.CC_CONFIG, secrets));
const queues = await attempt('The worker cannot start', () =>
  chooseQueues(wiring, parseArgs({ options: { services: { type: 'string' } } }).values.services),
);
await attempt('The worker cannot start', () => {
  if (!queues.has('flows') || existsSync(env.CC_BUNDLE)) return;
  throw new Error(`There is no workflow bundle at ${env.CC_BUNDLE}. Run 'npm run build' first`);
});
await attempt(`The journal (MYSQL_URL, ${new URL(env.MYSQL_URL).host}) cannot be opened`, () =>
  migrate(env.MYSQL_URL, join(import.meta.dirname, '../journal/migrations')),
);
const journal = openJournal(env.MYSQL_URL, { connections: 20 });

Runtime.install({
  logger: new DefaultLogger('WARN', ({ level, message, meta }) => {
    // The Services' workers run no flows, on purpose.
    if (message.startsWith('No workflows registered')) return;
    log[level === 'ERROR' ? 'error' : 'warn']({ meta: { error: String(meta?.['error'] ?? '') } }, message);
  }),
});
const connection = await attempt(`Temporal (TEMPORAL_ADDRESS=${env.TEMPORAL_ADDRESS}) does not answer`, () =>
  NativeConnection.connect({ address: env.TEMPORAL_ADDRESS }),
);
const dataConverter = dataConverterOf(env.PAYLOAD_KEYS);
const temporal = new Client({
  connection: Connection.lazy({ address: env.TEMPORAL_ADDRESS }),
  namespace: env.TEMPORAL_NAMESPACE,
  dataConverter,
});
const pluginLog = { info: log.info.bind(log), warn: log.warn.bind(log) };
const redis = new Redis(env.REDIS_URL, {
  lazyConnect: true,
  enableOfflineQueue: false,
  maxRetriesPerRequest: 1,
  connectTimeout: 2_000,
  // One that is there and does not answer must not hold up a call.
  commandTimeout: 1_000,
});
// The client reconnects by itself; the guard says when it is away.
redis.on('error', () => undefined);
await redis.connect().catch(() => undefined);
const guard = await createGuard({
  journal,
  redis,
  services: wiring.services ?? new Map(),
  scope: env.TASK_QUEUE_PREFIX,
  log: pluginLog,
});
const host = createHost({ journal, wiring, log: pluginLog, guard });
const workers = await createWorkers({
  connection,
  namespace: env.TEMPORAL_NAMESPACE,
  queuePrefix: env.TASK_QUEUE_PREFIX,
  bundle: env.CC_BUNDLE,
  journal,
  wiring,
  host,
  queues,
  steeringSecret: env.STEERING_SECRET,
  dataConverter,
});
const sweeper = startSweeper({ journal, temporal, taskQueuePrefix: env.TASK_QUEUE_PREFIX, log });

log.info({ queues: workers.map(({ options }) => options.taskQueue) }, 'worker ready');
// Temporal's runtime hears SIGTERM and SIGINT, and lets running activities end.
await Promise.all(workers.map((worker) => worker.run()));
await sweeper.stop();
guard.stop();
redis.disconnect();
await temporal.connection.close();
await connection.close();
await journal.close();
log.info('worker stopped');
