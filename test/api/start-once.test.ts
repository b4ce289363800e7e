import { acceptStart } from '../../journal/accept.ts';
import { digestOf } from '../../journal/digest.ts';
import { startOptions } from '../../journal/start-queued.ts';
import {
  clientSecret,
  count,
  dump,
  freshDatabase,
  order,
  startTestApi,
  startTestWorker,
  type TestApi,
  until,
} from './kit.ts';

let mysqlUrl: string;
let api: TestApi;
let worker: Awaited<ReturnType<typeof startTestWorker>>;
beforeAll(async () => {
  mysqlUrl = await freshDatabase();
  api = await startTestApi({ mysqlUrl, overrides: { answerWithinMs: 5_000, startLeaseMs: 1_500 } });
  worker = await startTestWorker(api.prefix);
});
afterAll(async () => {
  await api.close();
  await worker.close();
});

const workflowsOf = async (flow: string): Promise<number> => {
  // Visibility lags; a description does not.
  const { runId } = await api.temporal.workflow.getHandle(flow).describe();
  const { events = [] } = await api.temporal.workflow.getHandle(flow, runId).fetchHistory();
  return events?.filter((event) => event.workflowExecutionStartedEventAttributes).length ?? 0;
};

test('answers a start with what the learner has to do next', async () => {
  const reply = await api.start('first', { as: '2001' });
  expect(reply.status).toBe(201);
  expect(reply.body).toMatchObject({
    type: 'purchase',
    status: 'paying',
    next: 'confirm-payment',
    clientSecret,
    publishableKey: 'pk_toy',
  });
  expect(reply.body.order).toMatch(/^EDX-/);
  expect(reply.headers.get('location')).toBe(`/v1/flows/${reply.body.id}`);
  expect(reply.headers.get('idempotent-replayed')).toBeNull();
});

test('answers the same start sent 20 times at once with one flow, 20 times', async () => {
  const replies = await Promise.all(Array.from({ length: 20 }, () => api.start('twenty', { as: '2002' })));
  expect(replies.map(({ status }) => status)).toEqual(Array(20).fill(201));
  expect(new Set(replies.map(({ body }) => JSON.stringify(body))).size).toBe(1);
  expect(await count(api.journal, "flows WHERE learner = '2002'")).toBe(1);
  expect(await workflowsOf(replies[0]?.body.id)).toBe(1);
});

test('replays a stored answer, and says so; a quoted key is the same key', async () => {
  const first = await api.start('again', { as: '2003' });
  for (const key of ['again', '"again"']) {
    const replay = await api.start(key, { as: '2003' });
    expect(replay).toMatchObject({ status: 201, body: first.body });
    expect(replay.headers.get('idempotent-replayed')).toBe('true');
    expect(replay.headers.get('location')).toBe(first.headers.get('location'));
  }
});

test('refuses a key that was used with another body, and leaves the first alone', async () => {
  const first = await api.start('reused', { as: '2004' });
  const other = await api.start('reused', { as: '2004', course: 'course-v1:edX+Other+2026' });
  expect(other).toMatchObject({ status: 422, body: { code: 'request.key-reused', flow: first.body.id } });
  expect((await api.start('reused', { as: '2004' })).body.id).toBe(first.body.id);
});

test('takes the same body in another order and with defaults left out as the same request', async () => {
  const { items, expectedTotal } = order('course-v1:edX+Demo+2026');
  const headers = { 'idempotency-key': 'reordered' };
  const first = await api.ask('POST', '/v1/flows/purchase', {
    body: { items, expectedTotal },
    headers,
    as: '2005',
  });
  const body = {
    expectedTotal: { currency: 'USD', amount: 4900 },
    items: [{ courseRun: 'course-v1:edX+Demo+2026' }],
  };
  const again = await api.ask('POST', '/v1/flows/purchase', { body, headers, as: '2005' });
  expect(again.body.id).toBe(first.body.id);
});

test("keeps one learner's keys apart from another's", async () => {
  const [ada, bob] = await Promise.all([
    api.start('shared', { as: 'ada' }),
    api.start('shared', { as: 'bob' }),
  ]);
  expect([ada.status, bob.status]).toEqual([201, 201]);
  expect(ada.body.id).not.toBe(bob.body.id);
});

test('lets one learner buy a course once: of two keys at once the second is told which purchase runs', async () => {
  const replies = await Promise.all(['one', 'two', 'three'].map((key) => api.start(key, { as: '2006' })));
  const [winner] = replies.filter(({ status }) => status === 201);
  const losers = replies.filter(({ status }) => status === 409);
  expect(losers).toHaveLength(2);
  for (const { body, headers } of losers) {
    expect(body).toMatchObject({ code: 'purchase.already-running', flow: winner?.body.id });
    expect(headers.get('location')).toBe(`/v1/flows/${winner?.body.id}`);
  }
  expect(await count(api.journal, "flows WHERE learner = '2006'")).toBe(1);
  expect(await count(api.journal, "requests WHERE principal = 'user:2006'")).toBe(1);
  const elsewhere = await api.start('four', { as: '2006', course: 'course-v1:edX+Other+2026' });
  expect(elsewhere.status).toBe(201);
});

test('frees the course once its flow has ended, with or without the sweeper', async () => {
  const first = await api.start('ended-1', { as: '2007' });
  await api.journal.run("UPDATE flows SET ended_at = NOW(6), status = 'canceled' WHERE id = ?", [
    first.body.id,
  ]);
  const second = await api.start('ended-2', { as: '2007' });
  expect(second.status).toBe(201);
  await api.journal.run("UPDATE flows SET ended_at = NOW(6), status = 'canceled' WHERE id = ?", [
    second.body.id,
  ]);
  const sweeper = api.sweeper();
  await until(async () => (await count(api.journal, `claims WHERE flow_id = '${second.body.id}'`)) === 0);
  await sweeper.stop();
});

test('answers 202 when the flow takes longer, and 201 once it has answered', async () => {
  const slow = await api.start('slow', { as: '2008', course: 'course-v1:edX+slow+2026' });
  expect(slow).toMatchObject({ status: 202, body: { status: 'received' } });
  expect(slow.headers.get('retry-after')).toBe('1');
  expect(slow.body.startBefore).toMatch(/^\d{4}-/);
  expect(await count(api.journal, `requests WHERE flow_id = '${slow.body.id}' AND state = 'started'`)).toBe(
    1,
  );
  const later = await api.start('slow', { as: '2008', course: 'course-v1:edX+slow+2026' });
  expect(later).toMatchObject({ status: 201, body: { id: slow.body.id, next: 'confirm-payment' } });
});

test('a refusal by the flow is an answer, not an error', async () => {
  const reply = await api.start('refused', { as: '2009', course: 'course-v1:edX+refused+2026' });
  expect(reply).toMatchObject({ status: 201, body: { next: 'none', reason: 'not-for-sale' } });
  expect(reply.body.clientSecret).toBeUndefined();
});

/** As a process leaves it that was killed right after the commit. */
const abandon = async (learner: string, key: string, leaseMs: number) => {
  const body = order('course-v1:edX+Demo+2026');
  const number = `0192aaaa-bbbb-7ccc-8ddd-00000000${learner}`;
  const flow = {
    id: `purchase:${number}`,
    type: 'purchase',
    learner,
    input: { ...body, purchase: number, learner, startBefore: '2099-01-01T00:00:00Z' },
  };
  const digest = digestOf({ type: 'purchase', body });
  const request = { principal: `user:${learner}`, key, digest, leaseMs };
  await acceptStart(api.journal, { request, flow, claims: [`${learner}|course|verified`] });
  return flow;
};

test('the sweeper starts what was accepted by a process that was killed', async () => {
  const flow = await abandon('2010', 'killed', 200);
  const sweeper = api.sweeper();
  await until(
    async () =>
      (await count(api.journal, `requests WHERE flow_id = '${flow.id}' AND state = 'started'`)) === 1,
  );
  await sweeper.stop();
  expect(await workflowsOf(flow.id)).toBe(1);
  const retry = await api.start('killed', { as: '2010' });
  expect(retry).toMatchObject({ status: 201, body: { id: flow.id, next: 'confirm-payment' } });
});

test('without the sweeper, the next retry takes over when the lease ends', async () => {
  const flow = await abandon('2011', 'killed', 1_000);
  const retries = await Promise.all(Array.from({ length: 5 }, () => api.start('killed', { as: '2011' })));
  expect(retries.map(({ status, body }) => [status, body.id])).toEqual(Array(5).fill([201, flow.id]));
  expect(await workflowsOf(flow.id)).toBe(1);
});

test('while another process holds it, a retry is told to ask again', async () => {
  const flow = await abandon('2012', 'held', 60_000);
  const retry = await api.start('held', { as: '2012' });
  expect(retry).toMatchObject({ status: 409, body: { code: 'request.in-progress', flow: flow.id } });
  expect(retry.headers.get('retry-after')).toBe('1');
});

test('a start whose acknowledgement was lost is sent again, and is one workflow', async () => {
  const flow = await abandon('2013', 'twice', 60_000);
  await api.temporal.workflow.start('purchase', startOptions(flow, api.prefix));
  await api.journal.run('UPDATE requests SET lease_until = NULL WHERE flow_id = ?', [flow.id]);
  const sweepers = [api.sweeper(), api.sweeper()];
  await until(
    async () =>
      (await count(api.journal, `requests WHERE flow_id = '${flow.id}' AND state = 'started'`)) === 1,
  );
  await Promise.all(sweepers.map((sweeper) => sweeper.stop()));
  expect(await workflowsOf(flow.id)).toBe(1);
});

test('a start that ran and closed before it was acknowledged is not started again', async () => {
  const flow = await abandon('2014', 'closed', 60_000);
  const input = { ...flow.input, items: [{ courseRun: 'course-v1:edX+refused+2026' }] };
  await api.temporal.workflow.execute('purchase', startOptions({ ...flow, input }, api.prefix));
  await api.journal.run('UPDATE requests SET lease_until = NOW(6) WHERE flow_id = ?', [flow.id]);
  const retry = await api.start('closed', { as: '2014' });
  expect(retry).toMatchObject({ status: 201, body: { id: flow.id, next: 'none' } });
});

test('the client secret is nowhere in the journal and nowhere in the log', async () => {
  const everything = await dump(mysqlUrl);
  expect(everything).toContain('confirm-payment');
  expect(everything).not.toContain(clientSecret);
  expect(api.lines.join('')).not.toContain(clientSecret);
});
