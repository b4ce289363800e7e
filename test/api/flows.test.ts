import { clientSecret, count, startTestApi, startTestWorker, type TestApi } from './kit.ts';

let api: TestApi;
let worker: Awaited<ReturnType<typeof startTestWorker>>;
let isSecretDown = false;
let secretsRead = 0;
beforeAll(async () => {
  const read = () => {
    secretsRead += 1;
    return isSecretDown
      ? Promise.reject(new Error('down'))
      : Promise.resolve({ clientSecret, publishableKey: 'pk_toy' });
  };
  api = await startTestApi({ overrides: { read } });
  worker = await startTestWorker(api.prefix);
});
afterAll(async () => {
  await api.close();
  await worker.close();
});

const buy = async (as: string): Promise<string> => {
  const { body } = await api.start('key', { as });
  return `/v1/flows/${body.id}`;
};

test('shows the learner how the flow stands, with the secret read live', async () => {
  const path = await buy('3001');
  const reply = await api.ask('GET', path, { as: '3001' });
  expect(reply).toMatchObject({
    status: 200,
    body: { status: 'paying', next: 'confirm-payment', clientSecret },
  });
  expect(reply.headers.get('cache-control')).toBe('no-store');
  expect(reply.body.steps).toBeUndefined();
  expect(reply.body.stale).toBeUndefined();
});

test("a stranger's flow is told apart from none at all by nothing", async () => {
  const path = await buy('3002');
  const [strange, none] = await Promise.all([
    api.ask('GET', path, { as: '3003' }),
    api.ask('GET', '/v1/flows/purchase:0192aaaa-bbbb-7ccc-8ddd-000000000000', { as: '3003' }),
  ]);
  const shown = ({ status, body: { requestId: _id, ...body } }: typeof strange) => ({ status, body });
  expect(shown(strange)).toEqual(shown(none));
  expect(strange.status).toBe(404);
  const message = await api.ask('POST', `${path}/messages/purchase.cancel`, { body: {}, as: '3003' });
  expect(message).toMatchObject({ status: 404, body: { code: 'flow.not-found' } });
});

test('an unchanged flow is a 304, and costs the processor nothing', async () => {
  const path = await buy('3004');
  const first = await api.ask('GET', path, { as: '3004' });
  const etag = first.headers.get('etag') ?? '';
  expect(etag).toMatch(/^"\d+-[\w-]+"$/);
  const before = secretsRead;
  const again = await api.ask('GET', path, { as: '3004', headers: { 'if-none-match': `"x", W/${etag}` } });
  expect(again).toMatchObject({ status: 304, body: '' });
  expect(secretsRead).toBe(before);
  await api.ask('POST', `${path}/messages/purchase.cancel`, { body: {}, as: '3004' });
  const changed = await api.ask('GET', path, { as: '3004', headers: { 'if-none-match': etag } });
  expect(changed).toMatchObject({ status: 200, body: { status: 'canceled', next: 'none' } });
  expect(changed.body.clientSecret).toBeUndefined();
});

test('a secret that cannot be had fails neither start nor read, and is asked for at the next poll', async () => {
  isSecretDown = true;
  const started = await api.start('key', { as: '3005' });
  expect(started).toMatchObject({ status: 201, body: { next: 'confirm-payment', secretUnavailable: true } });
  const path = `/v1/flows/${started.body.id}`;
  const read = await api.ask('GET', path, { as: '3005' });
  expect(read).toMatchObject({ status: 200, body: { secretUnavailable: true } });
  expect(read.headers.get('etag')).toBeNull();
  isSecretDown = false;
  expect((await api.ask('GET', path, { as: '3005' })).body.clientSecret).toBe(clientSecret);
});

test('operators see steps, events, effects, facts and incidents of any flow, and no secret', async () => {
  const path = await buy('3006');
  const id = path.split('/').at(-1) ?? '';
  await api.journal.run(
    `INSERT INTO effects (action, effect_key, generation, state, plugin, service, digest, input, output, flow_type, flow_id, step)
     VALUES ('order.open', 'a', 1, 'done', 'orders', 'orders', UNHEX(REPEAT('00', 32)), '{"canary":"private"}', '{"canary":"private"}', 'purchase', ?, 'order.open')`,
    [id],
  );
  await api.journal.run(
    "INSERT INTO flow_events (flow_id, seq, kind, detail) VALUES (?, 1, 'began', '{\"a\":1}')",
    [id],
  );
  await api.journal.run(
    "INSERT INTO incidents (flow_id, kind, step, code, message) VALUES (?, 'parked', 's', 'c', 'm')",
    [id],
  );
  await api.journal.run("UPDATE flows SET order_number = 'EDX-FACT' WHERE id = ?", [id]);
  const reply = await api.ask('GET', path, { as: 'ops' });
  expect(reply.body).toMatchObject({
    learner: '3006',
    status: 'paying',
    steps: [],
    events: [{ seq: 1, kind: 'began', detail: { a: 1 } }],
    effects: [{ action: 'order.open', key: 'a', state: 'done' }],
    facts: [],
    incidents: [{ step: 's', code: 'c' }],
  });
  expect(JSON.stringify(reply.body)).not.toContain('private');
  expect(reply.body.clientSecret).toBeUndefined();
});

test.each([
  { what: 'a message that it does not take', name: 'gift', status: 404, code: 'flow.unknown-message' },
  { what: 'the name of something else', name: 'constructor', status: 404, code: 'flow.unknown-message' },
  { what: 'what only the processor may say', name: 'payment.news', status: 403, code: 'auth.forbidden' },
  { what: 'a body of another shape', name: 'payment.returned', status: 422, code: 'request.invalid' },
])('refuses $what', async ({ name, status, code }) => {
  const path = await buy('3007');
  const reply = await api.ask('POST', `${path}/messages/${name}`, { body: { paid: true }, as: '3007' });
  expect(reply).toMatchObject({ status, body: { code } });
});

test('takes a message once per key, with or without a body', async () => {
  const path = await buy('3008');
  const id = path.split('/').at(-1);
  const send = (name: string, key?: string) =>
    api.ask('POST', `${path}/messages/${name}`, {
      as: '3008',
      headers: key ? { 'idempotency-key': key } : {},
    });
  const replies = [
    await send('payment.returned', 'one'),
    await send('payment.returned', 'one'),
    await send('payment.returned'),
  ];
  expect(replies.map(({ status }) => status)).toEqual([202, 202, 202]);
  expect(await count(api.journal, `inbox WHERE flow_id = '${id}' AND state = 'consumed'`)).toBe(2);
  expect((await api.ask('GET', path, { as: 'ops' })).body.steps).toHaveLength(2);
});

test('an ended flow takes no messages, whether or not the journal knows that it ended', async () => {
  const path = await buy('3009');
  const cancel = () => api.ask('POST', `${path}/messages/purchase.cancel`, { body: {}, as: '3009' });
  expect((await cancel()).status).toBe(202);
  expect(await cancel()).toMatchObject({ status: 409, body: { code: 'flow.ended' } });
  const late = await count(api.journal, "inbox WHERE state = 'late'");
  await api.journal.run("UPDATE flows SET ended_at = NOW(6), status = 'canceled' WHERE id = ?", [
    path.split('/').at(-1) ?? '',
  ]);
  expect(await cancel()).toMatchObject({ status: 409, body: { code: 'flow.ended' } });
  expect(await count(api.journal, "inbox WHERE state = 'late'")).toBe(late);
  expect((await api.ask('GET', path, { as: '3009' })).body).toMatchObject({
    status: 'canceled',
    next: 'none',
  });
});
