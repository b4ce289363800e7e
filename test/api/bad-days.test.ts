import { startRelay } from './cut.ts';
import { count, freshDatabase, startTestApi, startTestWorker, type TestApi, until } from './kit.ts';

let temporalRelay: Awaited<ReturnType<typeof startRelay>>;
let mysqlRelay: Awaited<ReturnType<typeof startRelay>>;
let api: TestApi;
let worker: Awaited<ReturnType<typeof startTestWorker>>;
let isRedisDown = false;
let isStopping = false;

beforeAll(async () => {
  const database = new URL(await freshDatabase());
  temporalRelay = await startRelay(process.env['CC_TEST_TEMPORAL'] ?? '');
  mysqlRelay = await startRelay(database.host);
  database.host = mysqlRelay.address;
  api = await startTestApi({
    mysqlUrl: database.href,
    temporalAddress: temporalRelay.address,
    overrides: { isStopping: () => isStopping },
  });
  worker = await startTestWorker(api.prefix);
});
afterEach(() => {
  temporalRelay.mend();
  mysqlRelay.mend();
});
afterAll(async () => {
  await api.close();
  await worker.close();
  await temporalRelay.close();
  await mysqlRelay.close();
});

test('while Temporal is away a start is accepted, and started when it is back', async () => {
  const before = await api.start('before', { as: '4000' });
  expect(before.status).toBe(201);
  temporalRelay.cut();
  const replies = await Promise.all(Array.from({ length: 5 }, () => api.start('away', { as: '4001' })));
  expect(replies.map(({ status }) => status)).toEqual(Array(5).fill(202));
  const path = `/v1/flows/${replies[0]?.body.id}`;
  expect(new Set(replies.map(({ headers }) => headers.get('location')))).toEqual(new Set([path]));
  expect(replies[0]?.body).toMatchObject({ status: 'received', startBefore: expect.any(String) });
  expect((await api.ask('GET', path, { as: '4001' })).body).toMatchObject({
    status: 'received',
    stale: true,
  });
  expect((await api.ask('GET', `/v1/flows/${before.body.id}`, { as: '4000' })).body).toMatchObject({
    status: 'paying',
    next: 'confirm-payment',
    stale: true,
  });

  const sweeper = api.sweeper();
  await new Promise((done) => setTimeout(done, 300));
  expect(await count(api.journal, "requests WHERE state = 'claimed'")).toBe(1);
  temporalRelay.mend();
  await until(async () => (await count(api.journal, "requests WHERE state = 'started'")) === 1);
  await sweeper.stop();
  const answered = await api.start('away', { as: '4001' });
  expect(answered).toMatchObject({ status: 201, body: { id: replies[0]?.body.id, next: 'confirm-payment' } });
});

test('while Temporal is away a message is kept, and delivered when it is back', async () => {
  const { body } = await api.start('messages', { as: '4002' });
  temporalRelay.cut();
  const sent = await api.ask('POST', `/v1/flows/${body.id}/messages/purchase.cancel`, {
    body: {},
    as: '4002',
  });
  expect(sent.status).toBe(202);
  await api.settled();
  expect(await count(api.journal, "inbox WHERE state = 'waiting'")).toBe(1);
  temporalRelay.mend();
  const sweeper = api.sweeper();
  await until(async () => (await count(api.journal, "inbox WHERE state = 'consumed'")) === 1);
  await sweeper.stop();
  await until(async () => {
    const flow = await api.ask('GET', `/v1/flows/${body.id}`, { as: '4002' });
    return flow.body.status === 'canceled';
  });
});

test('while no worker runs, a start is acknowledged in time and answered later', async () => {
  const idle = await startTestApi({ overrides: { answerWithinMs: 1_500 } });
  try {
    const replies = await Promise.all(Array.from({ length: 3 }, () => idle.start('idle', { as: '4003' })));
    expect(replies.map(({ status }) => status)).toEqual([202, 202, 202]);
    expect(await count(idle.journal, "requests WHERE state = 'started'")).toBe(1);
  } finally {
    await idle.close();
  }
});

test('while MySQL is away nothing is accepted, and the caller is told', async () => {
  mysqlRelay.cut();
  const start = await api.start('no-journal', { as: '4004' });
  expect(start).toMatchObject({ status: 503, body: { code: 'journal.unavailable' } });
  expect(start.headers.get('retry-after')).toBe('2');
  const webhook = await api.ask('POST', '/v1/incoming/toypay', { raw: '{}' });
  expect(webhook).toMatchObject({ status: 503, body: { code: 'journal.unavailable' } });
  mysqlRelay.mend();
  expect((await api.start('no-journal', { as: '4004' })).status).toBe(201);
});

test('readiness names the part that is down', async () => {
  const up = { state: 'up', ms: expect.any(Number) };
  const down = { state: 'down', ms: expect.any(Number) };
  const mysql = () => api.journal.rows('SELECT 1');
  const temporal = () =>
    api.temporal.withDeadline(Date.now() + 1_000, () => api.temporal.workflowService.getSystemInfo({}));
  const redis = () => (isRedisDown ? Promise.reject(new Error('down')) : Promise.resolve());
  const ready = async () => {
    // A process of its own each time: an answer is kept for two seconds.
    const fresh = await startTestApi({
      overrides: { probes: { mysql, temporal, redis }, isStopping: () => isStopping },
    });
    const reply = await fresh.ask('GET', '/health/ready', { as: '' });
    await fresh.close();
    return reply;
  };

  expect(await ready()).toMatchObject({
    status: 200,
    body: { status: 'ready', parts: { mysql: up, temporal: up, redis: up } },
  });
  isRedisDown = true;
  expect(await ready()).toMatchObject({ status: 200, body: { status: 'degraded', parts: { redis: down } } });
  isRedisDown = false;
  temporalRelay.cut();
  expect(await ready()).toMatchObject({
    status: 503,
    body: { status: 'down', parts: { mysql: up, temporal: down } },
  });
  temporalRelay.mend();
  mysqlRelay.cut();
  expect(await ready()).toMatchObject({ status: 503, body: { parts: { mysql: down } } });
  mysqlRelay.mend();
  isStopping = true;
  expect((await api.ask('GET', '/health/ready', { as: '' })).status).toBe(503);
  expect((await api.ask('GET', '/health/live', { as: '' })).status).toBe(200);
  isStopping = false;
});
