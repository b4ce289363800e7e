import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { bundleWorkflowCode, DefaultLogger } from '@temporalio/worker';
import { type NodeProcess, startNodeProcess } from '../tools/coordinator/node-process.ts';
import { projectRoot } from '../tools/project-root.ts';
import { type Servers, startServers } from '../tools/servers/all.ts';

export const DEV_SECRET = 'benchmark-only-secret-of-32-characters';

/** All that a run measures, each part in a process of its own. */
export interface Processes extends AsyncDisposable {
  readonly servers: Servers;
  readonly mysqlUrl: string;
  /** Before the name of each task queue: a server that was given may serve others too. */
  readonly queuePrefix: string;
  readonly api: NodeProcess;
  readonly worker: NodeProcess;
  readonly bareWorker: NodeProcess;
}

const bundle = async (from: string, to: string): Promise<string> => {
  const root = projectRoot();
  const file = join(root, '.build', to);
  const { code } = await bundleWorkflowCode({
    workflowsPath: join(root, from),
    logger: new DefaultLogger('ERROR'),
  });
  mkdirSync(join(root, '.build'), { recursive: true });
  writeFileSync(file, code);
  return file;
};

/** Starts the servers, the Service that answers at once, our API and worker, and the bare worker. */
export const startProcesses = async (): Promise<Processes> => {
  const servers = await startServers();
  const started: NodeProcess[] = [];
  const start = async (...[options]: Parameters<typeof startNodeProcess>): Promise<NodeProcess> => {
    const process = await startNodeProcess(options);
    started.push(process);
    return process;
  };
  const stop = async (): Promise<void> => {
    await Promise.all(started.map((process) => process.stop()));
    await servers.stop();
  };
  try {
    const queuePrefix = `bench-${Date.now()}-`;
    const mysqlUrl = await servers.mysql.createDatabase(`bench_${Date.now()}`);
    const ourBundle = await bundle('bench/workflows/index.ts', 'bench-ours.js');
    const bareBundle = await bundle('bench/bare/workflows.ts', 'bench-bare.js');
    const service = await start({
      name: 'instant Service',
      script: 'bench/instant-service.ts',
      env: {},
      readyWhen: 'service ready',
    });
    const common = {
      TEMPORAL_ADDRESS: servers.temporal.address,
      INSTANT_URL: String(service.ready['url']),
      TASK_QUEUE_PREFIX: queuePrefix,
    };
    const ours = {
      ...common,
      MYSQL_URL: mysqlUrl,
      REDIS_URL: servers.redis.url,
      CC_CONFIG: 'bench/coordinator.yaml',
      CC_BUNDLE: ourBundle,
      DEV_TOKEN_SECRET: DEV_SECRET,
      PORT: '0',
      LOG_LEVEL: 'info',
    };
    const [worker, api, bareWorker] = await Promise.all([
      start({ name: 'worker', script: 'activities/main.ts', env: ours, readyWhen: 'worker ready' }),
      start({ name: 'api', script: 'api/main.ts', env: ours, readyWhen: 'api ready' }),
      start({
        name: 'bare worker',
        script: 'bench/bare/worker.ts',
        env: { ...common, BARE_BUNDLE: bareBundle },
        readyWhen: 'bare worker ready',
      }),
    ]);
    return { servers, mysqlUrl, queuePrefix, api, worker, bareWorker, [Symbol.asyncDispose]: stop };
  } catch (error) {
    await stop();
    throw error;
  }
};
