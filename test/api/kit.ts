import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { DefaultLogger, NativeConnection, Runtime, Worker } from '@temporalio/worker';
import { createConnection } from 'mysql2/promise';
import { pino } from 'pino';
import { type AppDeps, createApp } from '../../api/app.ts';
import { createDevAuth, type DevUser, issueDevToken } from '../../api/http/auth.ts';
import { serve } from '../../api/serve.ts';
import { openTemporal } from '../../api/temporal.ts';
import { purchase } from '../../contracts/flows/purchase.ts';
import { type Journal, openJournal } from '../../journal/connect.ts';
import { migrate } from '../../journal/migrate.ts';
import { startSweeper } from '../../journal/sweeper.ts';
import { createDatabase } from '../../tools/servers/mysql.ts';
import { toyWebhook } from './fixtures/toy-webhook.ts';

const secret = 'a-secret-for-development-tokens-only';
/** What the processor tells a browser; nothing that we keep may contain it. */
export const clientSecret = 'canary_client_secret';

interface Reply {
  readonly status: number;
  readonly headers: Headers;
  // oxlint-disable-next-line typescript/no-explicit-any -- a test reads whatever came.
  readonly body: any;
}
export type Ask = (
  method: string,
  path: string,
  options?: { body?: unknown; raw?: string; headers?: Record<string, string>; as?: string },
) => Promise<Reply>;

const given = (name: string): string => {
  const value = process.env[name];
  if (!value) throw new Error(`${name} is not set: run this through jest, whose set-up starts the servers.`);
  return value;
};

const users: Record<string, DevUser> = {
  ada: { userId: '1001', username: 'ada', roles: ['learner'] },
  bob: { userId: '1002', username: 'bob', roles: ['learner'] },
  ops: { userId: '1', username: 'ops', roles: ['operator'] },
};
export const tokenOf = (user: string): Promise<string> =>
  issueDevToken(secret, users[user] ?? { userId: user, username: `user${user}`, roles: ['learner'] });

/** A database of one test file, migrated and empty. */
export const freshDatabase = async (): Promise<string> => {
  const url = await createDatabase(given('CC_TEST_MYSQL'), `api_${randomBytes(5).toString('hex')}`);
  await migrate(url, join(process.cwd(), 'journal/migrations'));
  return url;
};

export interface TestApiOptions {
  readonly mysqlUrl?: string;
  readonly temporalAddress?: string;
  readonly prefix?: string;
  readonly overrides?: Partial<AppDeps>;
}

/** Calls the API at `url` over HTTP, as a user. */
const asking =
  (url: string): Ask =>
  async (method, path, { body, raw, headers = {}, as = 'ada' } = {}) => {
    const response = await fetch(url + path, {
      method,
      headers: {
        ...(as && { authorization: `Bearer ${await tokenOf(as)}` }),
        ...(body !== undefined && { 'content-type': 'application/json' }),
        ...headers,
      },
      ...(body !== undefined ? { body: JSON.stringify(body) } : raw !== undefined ? { body: raw } : {}),
    });
    const text = await response.text();
    const isJson = response.headers.get('content-type')?.includes('json');
    return { status: response.status, headers: response.headers, body: isJson ? JSON.parse(text) : text };
  };

/** The API on a port of its own, in this process, over real MariaDB and Temporal. */
export const startTestApi = async (options: TestApiOptions = {}) => {
  const prefix = options.prefix ?? `t${randomBytes(4).toString('hex')}-`;
  const journal = openJournal(options.mysqlUrl ?? (await freshDatabase()), { connections: 25 });
  const temporal = openTemporal(options.temporalAddress ?? given('CC_TEST_TEMPORAL'), 'default');
  const lines: string[] = [];
  const log = pino({ level: 'info' }, { write: (line: string) => void lines.push(line) });
  const underWay = new Set<Promise<unknown>>();
  const app = createApp({
    journal,
    temporal,
    taskQueuePrefix: prefix,
    wiring: {
      flows: new Map([['purchase', { contract: purchase, policy: {} }]]),
      incoming: new Map([['toypay', toyWebhook]]),
    },
    authenticate: createDevAuth({ secret, nodeEnv: 'test' }),
    read: () => Promise.resolve({ clientSecret, publishableKey: 'pk_toy' }),
    steeringSecret: undefined,
    violations: () => Promise.resolve([]),
    probes: {
      mysql: () => Promise.resolve(),
      temporal: () => Promise.resolve(),
      redis: () => Promise.resolve(),
    },
    log,
    background: (work) => void underWay.add(work),
    isStopping: () => false,
    ...options.overrides,
  });
  const served = await serve(app, { host: '127.0.0.1', port: 0 });
  const ask = asking(served.url);
  return {
    url: served.url,
    ask,
    journal,
    temporal,
    prefix,
    lines,
    start: (key: string, { course = 'course-v1:edX+Demo+2026', as = 'ada' } = {}) =>
      ask('POST', '/v1/flows/purchase', { body: order(course), headers: { 'idempotency-key': key }, as }),
    sweeper: (everyMs = 100) => startSweeper({ journal, temporal, taskQueuePrefix: prefix, log, everyMs }),
    /** Resolves when all that goes on after its request was answered has ended. */
    settled: () => Promise.allSettled(underWay),
    async close() {
      await served.stop(1_000);
      await Promise.allSettled(underWay);
      await temporal.connection.close();
      await journal.close();
    },
  };
};
export type TestApi = Awaited<ReturnType<typeof startTestApi>>;

export const order = (course: string) => ({
  items: [{ courseRun: course, mode: 'verified' }],
  expectedTotal: { amount: 4900, currency: 'USD' },
});

let quiet = false;
/** Runs the stand-in flow on the API's task queue. */
export const startTestWorker = async (prefix: string) => {
  if (!quiet) Runtime.install({ logger: new DefaultLogger('ERROR') });
  quiet = true;
  const connection = await NativeConnection.connect({ address: given('CC_TEST_TEMPORAL') });
  const worker = await Worker.create({
    connection,
    taskQueue: `${prefix}flows`,
    workflowsPath: join(process.cwd(), 'test/api/fixtures/purchase-workflow.ts'),
  });
  const running = worker.run();
  return {
    async close() {
      worker.shutdown();
      await running;
      await connection.close();
    },
  };
};

/** Asks again until the answer is truthy; fails with the last answer after `withinMs`. */
export const until = async <T>(look: () => Promise<T>, withinMs = 15_000): Promise<NonNullable<T>> => {
  const end = Date.now() + withinMs;
  for (;;) {
    const found = await look();
    if (found) return found;
    if (Date.now() > end) throw new Error(`Did not come true within ${withinMs} ms.`);
    await new Promise((done) => setTimeout(done, 50));
  }
};

/** All that the journal holds, as one text. */
export const dump = async (url: string): Promise<string> => {
  const connection = await createConnection({ uri: url });
  try {
    const [tables] = await connection.query('SHOW TABLES');
    const names = (tables as object[]).flatMap((row) => Object.values(row).map(String));
    const rows = await Promise.all(names.map((name) => connection.query(`SELECT * FROM ${name}`)));
    return JSON.stringify(rows.map(([found]) => found));
  } finally {
    await connection.end();
  }
};

export const count = async (journal: Journal, where: string): Promise<number> => {
  const [row] = await journal.rows<{ n: number }>(`SELECT COUNT(*) AS n FROM ${where}`);
  return Number(row?.n);
};
