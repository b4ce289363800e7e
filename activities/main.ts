import { existsSync } from 'node:fs';
import { Client, Connection } from '@temporalio/client';
import { DefaultLogger, NativeConnection, Runtime } from '@temporalio/worker';
import { createLog, exitWith } from '../config/clients.ts';
import { readEnv, withSecretFiles } from '../config/env.ts';
import { loadWiring } from '../config/load-plugins.ts';
import { openJournal } from '../journal/connect.ts';
import { migrate } from '../journal/migrate.ts';
import { startSweeper } from '../journal/sweeper.ts';
import { createHost } from './host/host.ts';
import { createWorkers } from './workers.ts';

// The worker process: runs the flows, and the plugins' Implementations.
const boot = createLog('worker', 'info');
const secrets = withSecretFiles(process.env);
const env = await Promise.resolve()
  .then(() => readEnv(secrets))
  .catch((error: unknown) => exitWith(boot, 'The worker cannot start', error));
const log = createLog('worker', env.LOG_LEVEL);
const wiring = await loadWiring(env.CC_CONFIG, secrets).catch((error: unknown) =>
  exitWith(log, 'The worker cannot start', error),
);
if (!existsSync(env.CC_BUNDLE)) {
  exitWith(
    log,
    'The worker cannot start',
    `there is no workflow bundle at ${env.CC_BUNDLE}. Run 'npm run build' first`,
  );
}
await migrate(env.MYSQL_URL, 'journal/migrations').catch((error: unknown) =>
  exitWith(log, 'The journal (MYSQL_URL) cannot be opened', error),
);
const journal = openJournal(env.MYSQL_URL, { connections: 20 });

Runtime.install({
  logger: new DefaultLogger('WARN', ({ level, message, meta }) =>
    log[level === 'ERROR' ? 'error' : 'warn']({ meta: { error: String(meta?.['error'] ?? '') } }, message),
  ),
});
const connection = await NativeConnection.connect({ address: env.TEMPORAL_ADDRESS }).catch((error: unknown) =>
  exitWith(log, `Temporal (TEMPORAL_ADDRESS=${env.TEMPORAL_ADDRESS}) does not answer`, error),
);
const temporal = new Client({
  connection: Connection.lazy({ address: env.TEMPORAL_ADDRESS }),
  namespace: env.TEMPORAL_NAMESPACE,
});
const pluginLog = { info: log.info.bind(log), warn: log.warn.bind(log) };
const host = createHost({ journal, wiring, log: pluginLog });
const workers = await createWorkers({
  connection,
  namespace: env.TEMPORAL_NAMESPACE,
  queuePrefix: env.TASK_QUEUE_PREFIX,
  bundle: env.CC_BUNDLE,
  journal,
  wiring,
  host,
});
const sweeper = startSweeper({ journal, temporal, taskQueuePrefix: env.TASK_QUEUE_PREFIX, log });

log.info({ queues: workers.map(({ options }) => options.taskQueue) }, 'worker ready');
// Temporal's runtime hears SIGTERM and SIGINT, and lets running activities end.
await Promise.all(workers.map((worker) => worker.run()));
await sweeper.stop();
await temporal.connection.close();
await connection.close();
await journal.close();
log.info('worker stopped');
