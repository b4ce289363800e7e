import type { FaultSpec } from './kit/faults.ts';
import { startOrders, type OrdersPeer } from './start-orders.ts';

const token = 'orders-peer-token';
/** However it is worded by the client. */
const noAnswer = /fetch failed|aborted/;
let peer: OrdersPeer;

beforeAll(async () => {
  peer = await startOrders({ token });
});
afterAll(() => peer.stop());
beforeEach(() => peer.reset());

const open = (signal?: AbortSignal) =>
  fetch(`${peer.url}/v1/orders`, {
    method: 'POST',
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
    body: JSON.stringify({
      reference: 'purchase-1',
      customer: '1001',
      currency: 'USD',
      lines: [{ id: '1', product: 'course-v1:edX+DemoX+2026', mode: 'verified', total: 4900 }],
      total: 4900,
    }),
    ...(signal && { signal }),
  });
const arm = (spec: Omit<FaultSpec, 'match'>) =>
  peer.faults.arm({ match: { method: 'POST', path: '/v1/orders' }, ...spec });
const control = async (route: string, body?: object) => {
  const [method = '', path = ''] = route.split(' ');
  const response = await fetch(`${peer.url}/_peer${path}`, {
    method,
    headers: { 'content-type': 'application/json' },
    ...(body && { body: JSON.stringify(body) }),
  });
  return { status: response.status, body: (await response.json()) as Record<string, unknown> };
};
const opened = () => peer.ledger.of('order-opened').length;
const statuses = () => peer.requests.all().map(({ status }) => status);

describe('a fault that loses the answer', () => {
  it.each([
    ['drop-before', 0],
    ['drop-after', 1],
    ['reset-after', 1],
  ] as const)('%s: the caller hears nothing, and the work was done %i times', async (kind, done) => {
    const fault = arm({ kind });
    await expect(open()).rejects.toThrow(noAnswer);
    expect([opened(), fault.observed, statuses()]).toEqual([done, 1, ['dropped']]);
    expect((await open()).status).toBe(201);
    expect(peer.faults.observed()).toEqual({ [kind]: 1 });
  });

  it('hang: no answer until the caller gives up', async () => {
    const fault = arm({ kind: 'hang' });
    await expect(open(AbortSignal.timeout(100))).rejects.toThrow(noAnswer);
    expect([opened(), fault.observed]).toEqual([0, 1]);
  });
});

describe('a fault that answers wrongly', () => {
  it('status: the answer without the work', async () => {
    const fault = arm({ kind: 'status', status: 429, headers: { 'retry-after': '1' } });
    const answer = await open();
    expect([answer.status, answer.headers.get('retry-after')]).toEqual([429, '1']);
    expect([opened(), fault.observed]).toEqual([0, 1]);
  });

  it('status-after: a 500 although the work was done', async () => {
    const fault = arm({ kind: 'status-after' });
    expect((await open()).status).toBe(500);
    expect([opened(), fault.observed]).toEqual([1, 1]);
  });

  it('malformed: a success that is not what the Service promises, as JSON or as broken text', async () => {
    const fault = arm({ kind: 'malformed' });
    const answer = await open();
    expect([answer.status, await answer.json()]).toEqual([201, {}]);
    arm({ kind: 'malformed', body: '{"number": "CC-1' });
    await expect((await open()).json()).rejects.toThrow('JSON');
    expect([opened(), fault.observed]).toEqual([2, 1]);
  });
});

describe('a fault that takes time', () => {
  it.each(['delay', 'delay-after'] as const)('%s: answers late', async (kind) => {
    const fault = arm({ kind, ms: 80 });
    const began = performance.now();
    const answer = open();
    await fault.reached;
    expect(opened()).toBe(kind === 'delay' ? 0 : 1);
    expect((await answer).status).toBe(201);
    expect(performance.now() - began).toBeGreaterThan(75);
    expect(fault.observed).toBe(1);
  });

  it.each([
    ['hold-before', 0],
    ['hold-after', 1],
  ] as const)('%s: waits for the test, with the work done %i times', async (kind, done) => {
    const fault = arm({ kind });
    const answer = open();
    await fault.reached;
    expect([opened(), statuses()]).toEqual([done, ['open']]);
    fault.release();
    expect((await answer).status).toBe(201);
    expect([opened(), fault.observed]).toEqual([1, 1]);
  });

  it('hold-after: a caller that is killed meanwhile never hears, and the work stays done', async () => {
    const fault = arm({ kind: 'hold-after' });
    const caller = new AbortController();
    const answer = open(caller.signal);
    await fault.reached;
    caller.abort();
    await expect(answer).rejects.toThrow(noAnswer);
    await new Promise((resolve) => setTimeout(resolve, 20));
    fault.release();
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect([opened(), statuses()]).toEqual([1, ['gone']]);
  });
});

describe('which calls a fault meets', () => {
  it('skips the first, hits as often as asked, and leaves other paths alone', async () => {
    const fault = arm({ kind: 'status', after: 1, times: 2 });
    const other = peer.faults.arm({ match: { path: '/cancel$' }, kind: 'status', times: 'always' });
    const seen: number[] = [];
    for (let call = 0; call < 4; call += 1) seen.push((await open()).status);
    expect(seen).toEqual([201, 503, 503, 201]);
    expect([fault.observed, other.observed]).toEqual([2, 0]);
  });

  it('may be told by any text in the call, such as one purchase', async () => {
    peer.faults.arm({ match: { contains: 'purchase-2' }, kind: 'status' });
    expect((await open()).status).toBe(201);
    peer.faults.arm({ match: { contains: 'purchase-1' }, kind: 'status' });
    expect((await open()).status).toBe(503);
  });

  it('refuses a kind that the peer cannot play and a broken expression', () => {
    expect(() => arm({ kind: 'stored-500' })).toThrow("cannot play the fault 'stored-500'");
    expect(() => peer.faults.arm({ match: { path: '(' }, kind: 'status' })).toThrow(SyntaxError);
  });
});

describe('the same over HTTP', () => {
  it('arms, waits, releases, counts and forgets', async () => {
    const armed = await control('POST /faults', { match: { path: '/v1/orders' }, kind: 'hold-after' });
    expect(armed).toMatchObject({ status: 201, body: { kind: 'hold-after', observed: 0 } });
    const id = String(armed.body['id']);
    const answer = open();
    expect((await control(`GET /faults/${id}/reached`)).body).toMatchObject({ observed: 1 });
    expect((await control('GET /ledger')).body).toMatchObject([{ seq: 1, kind: 'order-opened' }]);
    await control(`POST /faults/${id}/release`);
    expect((await answer).status).toBe(201);

    await control('POST /faults', { match: {}, kind: 'status', times: 'always' });
    expect((await open()).status).toBe(503);
    expect((await control('DELETE /faults')).body).toEqual({ observed: { 'hold-after': 1, status: 1 } });
    expect((await open()).status).toBe(201);
    expect((await control('GET /requests')).body).toMatchObject([
      { status: 201 },
      { status: 503 },
      { status: 201 },
    ]);
    await control('POST /reset');
    expect((await control('GET /faults')).body).toEqual({ observed: {}, faults: [] });
    expect((await control('POST /faults', { match: {}, kind: 'explode' })).status).toBe(400);
  });
});
