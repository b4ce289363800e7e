import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { Client, Connection } from '@temporalio/client';
import { Redis } from 'ioredis';
import { createConnection } from 'mysql2/promise';
import { isRunning } from '../../tools/is-running.mjs';
import { startServers } from '../../tools/servers/all.ts';
import { startMysql } from '../../tools/servers/mysql.ts';
import { startRedis } from '../../tools/servers/redis.ts';
import { startTemporal } from '../../tools/servers/temporal.ts';

/** With a server given by its address, none is started, and there is nothing to prove here. */
const isGiven = ['MYSQL_URL', 'REDIS_URL', 'TEMPORAL_ADDRESS'].some((name) => process.env[name]);
const testOwn = isGiven ? test.skip : test;

testOwn('two sets of servers run side by side, and nothing is left of them', async () => {
  const sets = await Promise.all([startServers(), startServers()]);
  const all = sets.flatMap(({ mysql, redis, temporal }) => [mysql, redis, temporal]);
  expect(new Set(all.map((server) => server.port)).size).toBe(6);
  for (const [index, { mysql, redis, temporal }] of sets.entries()) {
    await writeRow(await mysql.createDatabase('shop'), `order-${index}`);
    await withRedis(redis.url, (client) => client.set('order', index));
    await withTemporal(temporal.address, (client) => startFlow(client, `flow-${index}`));
  }
  for (const [index, { mysql, redis, temporal }] of sets.entries()) {
    expect(await readRows(await mysql.createDatabase('shop'))).toEqual([`order-${index}`]);
    expect(await withRedis(redis.url, (client) => client.get('order'))).toBe(String(index));
    await expect(statusOf(temporal.address, `flow-${index}`)).resolves.toBe('RUNNING');
    await expect(statusOf(temporal.address, `flow-${1 - index}`)).rejects.toThrow('not found');
  }
  await Promise.all(sets.map((set) => set.stop()));
  for (const server of all) {
    expect(isRunning(Number(server.pid))).toBe(false);
    expect(existsSync(String(server.folder))).toBe(false);
  }
});

testOwn('MySQL keeps what was committed when it is killed and started again', async () => {
  await using mysql = await startMysql();
  const url = await mysql.createDatabase('shop');
  await writeRow(url, 'paid');
  const pid = mysql.pid;
  await mysql.kill();
  expect(isRunning(Number(pid))).toBe(false);
  await mysql.restart();
  expect(mysql.pid).not.toBe(pid);
  expect(await readRows(url)).toEqual(['paid']);
});

testOwn('Redis answers on the same port after it was killed and started again', async () => {
  await using redis = await startRedis();
  await redis.kill();
  await redis.restart();
  expect(await withRedis(redis.url, (client) => client.ping())).toBe('PONG');
});

testOwn('Temporal keeps its flows and search attributes when it is killed and started again', async () => {
  await using temporal = await startTemporal();
  await withTemporal(temporal.address, (client) => startFlow(client, 'accepted'));
  await temporal.kill();
  await temporal.restart();
  expect(await statusOf(temporal.address, 'accepted')).toBe('RUNNING');
  await withTemporal(temporal.address, async (client) => {
    expect(await client.workflow.count("CommerceStatus = 'none'")).toMatchObject({ count: 0 });
  });
});

testOwn('a run that is killed takes its servers and their data with it', async () => {
  const script = `
    const { startServers } = await import('./tools/servers/all.ts');
    const { mysql, redis, temporal } = await startServers();
    console.log(JSON.stringify([mysql, redis, temporal].map(({ pid, folder }) => ({ pid, folder }))));
    process.stdin.resume().on('end', () => process.exit());`; // So that it ends when this test is killed.
  const run = spawn(process.execPath, ['--input-type=module', '--eval', script], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const [line] = await once(createInterface({ input: run.stdout }), 'line');
  const servers = JSON.parse(String(line)) as { pid: number; folder: string }[];
  expect(servers.map(({ pid }) => isRunning(pid))).toEqual([true, true, true]);
  run.kill('SIGKILL');
  await until(() => servers.every(({ pid, folder }) => !isRunning(pid) && !existsSync(folder)));
});

test('an address that does not answer is named, with what to do', async () => {
  const before = process.env['MYSQL_URL'];
  process.env['MYSQL_URL'] = 'mysql://root@127.0.0.1:1';
  try {
    await expect(startMysql()).rejects.toThrow(
      /MYSQL_URL \(127\.0\.0\.1:1\) does not answer: .*ECONNREFUSED.* unset/,
    );
  } finally {
    if (before === undefined) delete process.env['MYSQL_URL'];
    else process.env['MYSQL_URL'] = before;
  }
});

async function writeRow(url: string, id: string): Promise<void> {
  const connection = await createConnection(url);
  await connection.query('CREATE TABLE orders (id VARCHAR(20) PRIMARY KEY)');
  await connection.query('INSERT INTO orders VALUES (?)', [id]);
  await connection.end();
}

async function readRows(url: string): Promise<string[]> {
  const connection = await createConnection(url);
  const [rows] = await connection.query('SELECT id FROM orders');
  await connection.end();
  return (rows as { id: string }[]).map((row) => row.id);
}

async function withRedis<T>(url: string, work: (client: Redis) => Promise<T>): Promise<T> {
  const client = new Redis(url);
  return work(client).finally(() => client.disconnect());
}

async function withTemporal<T>(address: string, work: (client: Client) => Promise<T>): Promise<T> {
  const connection = await Connection.connect({ address });
  try {
    return await work(new Client({ connection }));
  } finally {
    await connection.close();
  }
}

const startFlow = (client: Client, workflowId: string) =>
  client.workflow.start('purchase', { taskQueue: 'nobody', workflowId });

const statusOf = (address: string, workflowId: string) =>
  withTemporal(
    address,
    async (client) => (await client.workflow.getHandle(workflowId).describe()).status.name,
  );

async function until(isDone: () => boolean): Promise<void> {
  for (let tries = 0; tries < 100; tries++) {
    if (isDone()) return;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  throw new Error('Not done after 10 s.');
}
