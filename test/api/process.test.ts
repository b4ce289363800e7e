import { type ChildProcess, spawn } from 'node:child_process';
import { createServer } from 'node:net';
import { freshDatabase } from './kit.ts';

let mysqlUrl: string;
beforeAll(async () => {
  mysqlUrl = await freshDatabase();
});
const running = new Set<ChildProcess>();
afterAll(() => {
  for (const child of running) child.kill('SIGKILL');
});

const services = Object.fromEntries(
  ['STRIPE', 'LMS', 'DISCOVERY', 'SANCTIONS', 'ORDERS'].map((name) => [`${name}_URL`, 'http://127.0.0.1:9']),
);
const names = [
  'STRIPE_SECRET_KEY',
  'STRIPE_PUBLISHABLE_KEY',
  'STRIPE_WEBHOOK_SECRETS',
  'LMS_CLIENT_ID',
  'LMS_CLIENT_SECRET',
  'SANCTIONS_API_KEY',
  'ORDERS_TOKEN',
];

/** The real process, as `npm run start:api` runs it. Temporal and Redis are away. */
const startApi = (env: Record<string, string | undefined>) => {
  const child = spawn(process.execPath, ['api/main.ts'], {
    env: {
      PATH: process.env['PATH'],
      MYSQL_URL: mysqlUrl,
      REDIS_URL: 'redis://127.0.0.1:9',
      TEMPORAL_ADDRESS: '127.0.0.1:9',
      DEV_TOKEN_SECRET: 'a-secret-for-development-tokens-only',
      PORT: '0',
      SMTP_URL: 'smtp://127.0.0.1:9',
      ...services,
      ...Object.fromEntries(names.map((name) => [name, 'x'.repeat(16)])),
      ...env,
    },
  });
  running.add(child);
  const said: string[] = [];
  for (const stream of [child.stdout, child.stderr])
    stream.on('data', (chunk: Buffer) => said.push(String(chunk)));
  const ended = new Promise<number | null>((done) => {
    child.on('close', (code) => {
      running.delete(child);
      done(code);
    });
  });
  const text = () => said.join('');
  const line = async (part: string) => {
    for (;;) {
      const found = text()
        .split('\n')
        .find((one) => one.includes(part));
      if (found) return found;
      if (child.exitCode !== null) throw new Error(`It ended first, and said:\n${text()}`);
      await new Promise((done) => setTimeout(done, 20));
    }
  };
  return { child, ended, text, line };
};

test('starts without Temporal and Redis, says where it listens, and ends in order', async () => {
  const api = startApi({});
  const { url } = JSON.parse(await api.line('"api ready"')) as { url: string };
  const ready = await fetch(`${url}/health/ready`);
  expect(ready.status).toBe(503);
  expect(await ready.json()).toMatchObject({
    status: 'down',
    parts: { mysql: { state: 'up' }, temporal: { state: 'down' }, redis: { state: 'down' } },
  });
  expect((await fetch(`${url}/health/live`)).status).toBe(200);
  api.child.kill('SIGTERM');
  expect(await api.ended).toBe(0);
  expect(api.text()).toContain('"api stopped"');
});

test.each([
  ['the environment is wrong', { MYSQL_URL: undefined, PORT: 'http' }, ['MYSQL_URL', 'PORT']],
  ['there is no token secret', { DEV_TOKEN_SECRET: undefined }, ['DEV_TOKEN_SECRET is not set']],
  ['it is production', { NODE_ENV: 'production' }, ['DEV_TOKEN_SECRET', 'production']],
  ['there is no wiring file', { CC_CONFIG: 'nowhere.yaml' }, ['nowhere.yaml', 'CC_CONFIG']],
  [
    'MySQL is away',
    { MYSQL_URL: 'mysql://root@127.0.0.1:9/none' },
    ['MYSQL_URL', '127.0.0.1:9', 'ECONNREFUSED'],
  ],
])('says so and ends when %s', async (_what, env: Record<string, string | undefined>, parts) => {
  const api = startApi(env);
  expect(await api.ended).toBe(1);
  const said = api.text().trim().split('\n');
  expect(said).toHaveLength(1);
  for (const part of parts) expect(said[0]).toContain(part);
  expect(said[0]).not.toContain('    at ');
});

test('says so and ends when the port is taken', async () => {
  const other = createServer();
  await new Promise<void>((done) => other.listen(0, '127.0.0.1', done));
  const address = other.address();
  const port = address !== null && typeof address === 'object' ? String(address.port) : '';
  const api = startApi({ PORT: port });
  expect(await api.ended).toBe(1);
  expect(api.text()).toContain(`127.0.0.1:${port} is taken by another process`);
  await new Promise<void>((done) => other.close(() => done()));
});
