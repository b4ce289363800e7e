import { sign } from './fixtures/toy-webhook.ts';
import { count, startTestApi, startTestWorker, type TestApi, until } from './kit.ts';

let api: TestApi;
let worker: Awaited<ReturnType<typeof startTestWorker>>;
beforeAll(async () => {
  api = await startTestApi();
  worker = await startTestWorker(api.prefix);
});
afterAll(async () => {
  await api.close();
  await worker.close();
});

interface Event {
  readonly id: string;
  readonly type: string;
  readonly flow?: string;
  readonly payment?: string;
}
const post = (raw: string, signature: string) =>
  api.ask('POST', '/v1/incoming/toypay', {
    raw,
    headers: { 'x-signature': signature, 'content-type': 'application/json' },
    as: '',
  });
const call = (...events: readonly Event[]) => {
  const raw = JSON.stringify({ events });
  return post(raw, sign(raw));
};
const row = async (id: string) => {
  await api.settled();
  const [found] = await api.journal.rows<{
    state: string;
    duplicates: number;
    flow_id: string | null;
    note: string | null;
    attempts: number;
  }>('SELECT state, duplicates, flow_id, note, attempts FROM inbox WHERE event_id = ?', [id]);
  return found;
};
const effectAnswers = (flow: string, reference: string) =>
  api.journal.transaction(async (sql) => {
    await sql.run(
      `INSERT INTO effects (action, effect_key, generation, state, plugin, service, digest, input, reference, flow_type, flow_id, step)
       VALUES ('payment.start', ?, 1, 'done', 'toypay', 'toypay', UNHEX(REPEAT('00', 32)), '{}', ?, 'purchase', ?, 'payment.start')`,
      [reference, reference, flow],
    );
    await sql.run(
      "UPDATE inbox SET due_at = NOW(6) WHERE state = 'waiting' AND service = 'toypay' AND reference = ?",
      [reference],
    );
  });
const buy = async (as: string): Promise<string> => (await api.start('key', { as })).body.id;

test('delivers a message to the flow that it names, once', async () => {
  const flow = await buy('5001');
  const event = { id: 'evt_1', type: 'paid', flow, payment: 'pi_1' };
  expect(await call(event)).toMatchObject({ status: 200, body: { received: 1, duplicates: 0 } });
  expect(await call(event, event)).toMatchObject({ status: 200, body: { received: 0, duplicates: 2 } });
  expect(await row('evt_1')).toMatchObject({ state: 'consumed', duplicates: 2, flow_id: flow });
  expect((await api.ask('GET', `/v1/flows/${flow}`, { as: 'ops' })).body.steps).toEqual([
    { step: 'payment.news' },
  ]);
});

test('the same event 10 times at once is one message', async () => {
  const flow = await buy('5002');
  const replies = await Promise.all(
    Array.from({ length: 10 }, () => call({ id: 'evt_10', type: 'paid', flow, payment: 'pi' })),
  );
  expect(replies.map(({ status }) => status)).toEqual(Array(10).fill(200));
  expect(await row('evt_10')).toMatchObject({ state: 'consumed', duplicates: 9 });
});

test('refuses a forged call, and records it without its body', async () => {
  const raw = JSON.stringify({ events: [{ id: 'evt_forged', type: 'paid', payment: 'pi_canary' }] });
  for (const signature of ['', 'short', sign(`${raw} `)]) {
    expect(await post(raw, signature)).toMatchObject({ status: 400, body: { code: 'incoming.forged' } });
  }
  const refused = await api.journal.rows<{ duplicates: number; data: unknown }>(
    "SELECT duplicates, data FROM inbox WHERE state = 'refused' AND event_id LIKE 'forged:%'",
  );
  expect(refused).toEqual([{ duplicates: 2, data: null }]);
  expect((await post(raw, sign(raw))).body).toMatchObject({ received: 1 });
  expect(await row('evt_forged')).toMatchObject({ state: 'waiting' });
});

test.each([
  ['is not what the Service promises', '{"events":[{"id":1}]}'],
  ['is not JSON', 'events='],
])('records a signed call that %s', async (_what, raw) => {
  expect(await post(raw, sign(raw))).toMatchObject({ status: 400, body: { code: 'incoming.unreadable' } });
  expect(
    await count(api.journal, "inbox WHERE state = 'refused' AND event_id LIKE 'unreadable:%'"),
  ).toBeGreaterThan(0);
});

test('keeps what nobody acts on', async () => {
  expect(await call({ id: 'evt_other', type: 'customer.created' })).toMatchObject({
    status: 200,
    body: { received: 1 },
  });
  expect(await row('evt_other')).toMatchObject({ state: 'ignored', note: 'customer.created' });
});

test('a message that comes before its payment is known waits, and is delivered once it is', async () => {
  const flow = await buy('5003');
  await call({ id: 'evt_early', type: 'paid', payment: 'pi_early' });
  expect(await row('evt_early')).toMatchObject({ state: 'waiting', flow_id: null });
  await api.journal.run("UPDATE inbox SET due_at = NOW(6) + INTERVAL 1 HOUR WHERE event_id = 'evt_early'");
  await effectAnswers(flow, 'pi_early');
  const sweeper = api.sweeper();
  await until(async () => (await row('evt_early'))?.state === 'consumed');
  await sweeper.stop();
  expect(await row('evt_early')).toMatchObject({ flow_id: flow });
});

test('a payment that becomes known during an attempt is not missed', async () => {
  const flow = await buy('5004');
  await call({ id: 'evt_race', type: 'paid', payment: 'pi_race' });
  await api.settled();
  const { postponeMessage, readRecorded, takeDueMessages } = await import('../../journal/inbox.ts');
  await api.journal.run("UPDATE inbox SET due_at = NOW(6) WHERE event_id = 'evt_race'");
  await api.journal.transaction(takeDueMessages);
  const message = await readRecorded(api.journal, 'toypay', 'evt_race');
  await effectAnswers(flow, 'pi_race');
  if (message) await postponeMessage(api.journal, message, { afterMs: 3_600_000, note: 'not found' });
  expect(await count(api.journal, "inbox WHERE event_id = 'evt_race' AND due_at <= NOW(6)")).toBe(1);
});

test('a flow of another system falls back to the reference', async () => {
  const flow = await buy('5005');
  await effectAnswers(flow, 'pi_foreign');
  await call({ id: 'evt_foreign', type: 'paid', flow: 'their flow \u00e9', payment: 'pi_foreign' });
  expect(await row('evt_foreign')).toMatchObject({ state: 'consumed', flow_id: flow });
});

test('a message for an ended flow stays visible', async () => {
  const flow = await buy('5006');
  await api.ask('POST', `/v1/flows/${flow}/messages/purchase.cancel`, { body: {}, as: '5006' });
  await api.temporal.workflow.getHandle(flow).result();
  await call({ id: 'evt_late', type: 'paid', flow, payment: 'pi' });
  expect(await row('evt_late')).toMatchObject({
    state: 'late',
    flow_id: flow,
    note: `The flow ${flow} had ended.`,
  });
});

test('a message for a flow that is not started yet waits for it', async () => {
  const flow = 'purchase:0192aaaa-bbbb-7ccc-8ddd-0000000queue';
  await api.journal.run(
    "INSERT INTO flows (id, type, status, input) VALUES (?, 'purchase', 'received', '{}')",
    [flow],
  );
  await call({ id: 'evt_queued', type: 'paid', flow, payment: 'pi' });
  expect(await row('evt_queued')).toMatchObject({
    state: 'waiting',
    note: 'The flow has not been started yet.',
  });
});

test('after three days a message is given up, visibly, and holds up nobody', async () => {
  const flow = await buy('5007');
  await call(
    { id: 'evt_old', type: 'paid', payment: 'pi_nobody' },
    { id: 'x'.repeat(300), type: 'paid', flow, payment: 'pi' },
  );
  await api.settled();
  await api.journal.run(
    "UPDATE inbox SET due_at = NOW(6), received_at = NOW(6) - INTERVAL 4 DAY WHERE event_id = 'evt_old'",
  );
  const sweeper = api.sweeper();
  await until(async () => (await row('evt_old'))?.state === 'dead');
  await sweeper.stop();
  expect(await count(api.journal, "inbox WHERE event_id LIKE 'sha256:%' AND state = 'consumed'")).toBe(1);
});

test('one sweep delivers all that is due, past those that cannot be', async () => {
  const flow = await buy('5008');
  const events = Array.from({ length: 45 }, (_, index) => ({
    id: `evt_many_${index}`,
    type: 'paid',
    payment: 'pi_many',
  }));
  await call(...events, { id: 'evt_poison', type: 'paid', flow: 'purchase:nowhere', payment: 'pi_nowhere' });
  await api.settled();
  await effectAnswers(flow, 'pi_many');
  await api.journal.run("UPDATE inbox SET due_at = NOW(6) - INTERVAL 1 HOUR WHERE event_id = 'evt_poison'");
  const sweeper = api.sweeper(3_600_000);
  await until(
    async () =>
      (await count(api.journal, "inbox WHERE event_id LIKE 'evt_many%' AND state = 'consumed'")) === 45,
  );
  await sweeper.stop();
  expect(await row('evt_poison')).toMatchObject({ state: 'waiting' });
});
