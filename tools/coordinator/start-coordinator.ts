import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type DevUser, issueDevToken } from '../../api/http/auth.ts';
import { buildBundle } from '../build-bundle.ts';
import { watch } from '../watch.mjs';
import { type NodeProcess, startNodeProcess } from './node-process.ts';
import { writeWiring } from './wiring-file.ts';

export interface CoordinatorOptions {
  /** With a database. */
  readonly mysqlUrl: string;
  readonly redisUrl: string;
  readonly temporalAddress: string;
  /** Addresses and secrets of the Services. */
  readonly services: Readonly<Record<string, string>>;
  /** Changes to the repository's wiring file. */
  readonly wiring?: Readonly<Record<string, unknown>>;
  readonly queuePrefix?: string;
  /** Default 1; 0 for a test that starts its workers itself. */
  readonly workers?: number;
  /** Encrypts what Temporal keeps, as PAYLOAD_KEYS of config/env.ts. Default: nothing is encrypted. */
  readonly payloadKeys?: string;
  /** The API's port. Default: a free one. */
  readonly port?: number;
}

export interface Coordinator extends AsyncDisposable {
  /** The API's address. */
  readonly url: string;
  readonly api: NodeProcess;
  readonly workers: readonly NodeProcess[];
  /** A development token. */
  token(who: { readonly userId: string; readonly roles?: DevUser['roles'] }): Promise<string>;
  startWorker(): Promise<NodeProcess>;
  /** Starts the API again on the same port, after a test killed it. */
  restartApi(): Promise<void>;
  /** Stops all, and starts the API and one worker again with these PAYLOAD_KEYS. */
  restartWithKeys(payloadKeys: string): Promise<void>;
  stop(): Promise<void>;
}

const DEV_SECRET = 'development-only-secret-of-32-characters';

/** Starts the API and the workers as processes of their own, on servers that are there already. */
export const startCoordinator = async (options: CoordinatorOptions): Promise<Coordinator> => {
  const { workers: count = 1, wiring = {}, queuePrefix = '', port = 0 } = options;
  const folder = mkdtempSync(join(tmpdir(), 'cc-wiring-'));
  const watched = watch([folder]);
  const env: Record<string, string> = {
    ...environmentOf(options, {
      queuePrefix,
      config: writeWiring(folder, wiring),
      bundle: await buildBundle(),
    }),
    ...(options.payloadKeys !== undefined && { PAYLOAD_KEYS: options.payloadKeys }),
  };
  const { workers, startWorker, startApi } = startersWith(env);
  const started: { api?: NodeProcess } = {};
  const stopAll = () => Promise.all([started.api?.stop(), ...workers.map((worker) => worker.stop())]);
  const stop = async (): Promise<void> => {
    await stopAll();
    rmSync(folder, { recursive: true, force: true });
    watched.forget();
  };
  try {
    const [api] = await Promise.all([startApi(port), ...Array.from({ length: count }, startWorker)]);
    started.api = api;
    const url = String(api.ready['url']);
    return {
      url,
      get api() {
        return started.api ?? api;
      },
      workers,
      token: ({ userId, roles = ['learner'] }) =>
        issueDevToken(DEV_SECRET, { userId, username: `user-${userId}`, roles }),
      startWorker,
      async restartApi() {
        await started.api?.kill();
        started.api = await startApi(Number(new URL(url).port));
      },
      async restartWithKeys(payloadKeys) {
        await stopAll();
        env['PAYLOAD_KEYS'] = payloadKeys;
        workers.length = 0;
        [started.api] = await Promise.all([startApi(Number(new URL(url).port)), startWorker()]);
      },
      stop,
      [Symbol.asyncDispose]: stop,
    };
  } catch (error) {
    await stop();
    throw error;
  }
};

/** `env` is read at each start. */
const startersWith = (env: Readonly<Record<string, string>>) => {
  const workers: NodeProcess[] = [];
  return {
    workers,
    startWorker: async (): Promise<NodeProcess> => {
      const worker = await startNodeProcess({
        name: 'worker',
        script: 'activities/main.ts',
        env,
        readyWhen: 'worker ready',
      });
      workers.push(worker);
      return worker;
    },
    startApi: (at: number): Promise<NodeProcess> =>
      startNodeProcess({
        name: 'api',
        script: 'api/main.ts',
        env: { ...env, PORT: String(at) },
        readyWhen: 'api ready',
      }),
  };
};

const environmentOf = (
  { services, mysqlUrl, redisUrl, temporalAddress }: CoordinatorOptions,
  { queuePrefix, config, bundle }: { queuePrefix: string; config: string; bundle: string },
): Readonly<Record<string, string>> => ({
  ...services,
  MYSQL_URL: mysqlUrl,
  REDIS_URL: redisUrl,
  TEMPORAL_ADDRESS: temporalAddress,
  TASK_QUEUE_PREFIX: queuePrefix,
  CC_CONFIG: config,
  CC_BUNDLE: bundle,
  DEV_TOKEN_SECRET: DEV_SECRET,
  STEERING_SECRET: DEV_SECRET,
  // The ready lines are at this level.
  LOG_LEVEL: 'info',
});
