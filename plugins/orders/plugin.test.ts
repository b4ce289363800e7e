import { startOrders, type OrdersPeer } from '../../test/peers/start-orders.ts';
import { secrets } from '../../test/peers/world.ts';
import type { In } from '../sdk/index.ts';
import { actionOf, type CallOptions, callFor, failureOf, type TestCall } from '../sdk/testing.ts';
import { orders } from './plugin.ts';
import type { Settings } from './settings.ts';

const USD = (amount: number) => ({ amount, currency: 'USD' });
const LINE = {
  id: '1',
  courseRun: 'course-v1:edX+DemoX+2026',
  mode: 'verified',
  title: 'Demo',
  total: USD(4_900),
};
const OPEN: In<'order.open'> = {
  purchase: 'p-1',
  quote: { learner: '1001', lines: [LINE], total: USD(4_900) },
};
const LOST = ['drop-after', 'reset-after', 'status-after'] as const;

let peer: OrdersPeer;
beforeAll(async () => {
  peer = await startOrders(secrets.orders);
});
afterEach(() => peer.reset());
afterAll(() => peer.stop());

const call = (options?: CallOptions): TestCall<Settings> =>
  callFor(orders, { url: peer.url, ...secrets.orders }, options);
const open = actionOf(orders, 'order.open');
const cancel = actionOf(orders, 'order.cancel');
const record = actionOf(orders, 'order.record');
const opened = async (): Promise<string> => (await open.run(OPEN, call())).order;
const completed = (order: string): In<'order.record'> => ({
  order,
  state: 'completed',
  payment: { service: 'stripe', reference: 'pi_1', amount: USD(4_900) },
  lines: [{ id: '1', state: 'granted' }],
});

describe('an order', () => {
  test('is opened with our reference and its lines in minor units', async () => {
    const order = await opened();
    expect(peer.order(order)).toMatchObject({
      number: order,
      reference: 'p-1',
      customer: '1001',
      currency: 'USD',
      total: 4_900,
      lines: [{ id: '1', product: LINE.courseRun, mode: 'verified', total: 4_900, state: 'open' }],
    });
  });

  test.each(LOST)('whose number was lost (%s) is found by our reference', async (kind) => {
    const fault = peer.faults.arm({ match: { method: 'POST', path: '/v1/orders' }, kind });
    const lost = call();
    expect(await failureOf(open.run(OPEN, lost))).toMatchObject({
      name: 'RetryableError',
      code: 'service.unavailable',
    });
    expect(lost.http.mayHaveWritten()).toBe(true);
    expect(fault.observed).toBe(1);
    expect(await open.lookUp(OPEN, call())).toEqual({ found: { order: peer.orders()[0]?.number } });
    expect(peer.ledger.of('order-opened')).toHaveLength(1);
  });

  test('that was never opened is absent, and others do not count', async () => {
    await open.run({ ...OPEN, purchase: 'p-10' }, call());
    const fault = peer.faults.arm({ match: { method: 'POST', path: '/v1/orders' }, kind: 'drop-before' });
    await failureOf(open.run(OPEN, call()));
    expect(fault.observed).toBe(1);
    expect(await open.lookUp(OPEN, call())).toBe('absent');
  });

  test('that is there twice is nobody’s answer: a person is told both numbers', async () => {
    const numbers = [await opened(), await opened()];
    const looking = call();
    expect(await open.lookUp(OPEN, looking)).toBe('undecided');
    expect(looking.logged).toEqual([
      expect.objectContaining({ level: 'warn', facts: { purchase: 'p-1', numbers: numbers.toReversed() } }),
    ]);
  });
});

describe('a cancel', () => {
  test('closes the order, and again changes nothing', async () => {
    const input = { purchase: 'p-1', order: await opened() };
    expect(await cancel.run(input, call())).toEqual({});
    expect(await cancel.run(input, call())).toEqual({});
    expect(peer.ledger.of('order-canceled')).toHaveLength(1);
  });

  test.each(LOST)('whose answer was lost (%s) is found in the order', async (kind) => {
    const input = { purchase: 'p-1', order: await opened() };
    expect(await cancel.lookUp(input, call())).toBe('absent');
    const fault = peer.faults.arm({ match: { path: '/cancel$' }, kind });
    await failureOf(cancel.run(input, call()));
    expect(fault.observed).toBe(1);
    expect(await cancel.lookUp(input, call())).toEqual({ found: {} });
  });

  test('of a completed order parks', async () => {
    const order = await opened();
    await record.run(completed(order), call());
    const refused = call();
    const failure = await failureOf(cancel.run({ purchase: 'p-1', order }, refused));
    expect(failure).toMatchObject({ code: 'service.refused', status: 409 });
    expect(refused.http.mayHaveWritten()).toBe(false);
  });
});

describe('a record', () => {
  test('writes what became of the order, and again changes nothing', async () => {
    const order = await opened();
    expect(await record.run(completed(order), call())).toEqual({});
    expect(await record.run(completed(order), call())).toEqual({});
    expect(peer.ledger.of('order-recorded')).toHaveLength(1);
    expect(peer.order(order)).toMatchObject({
      state: 'completed',
      payment: { processor: 'stripe', reference: 'pi_1', amount: 4_900, currency: 'USD' },
      lines: [{ id: '1', state: 'granted' }],
    });
  });

  test('of an order that cost nothing names no payment', async () => {
    const order = await opened();
    await record.run({ order, state: 'completed', lines: [{ id: '1', state: 'granted' }] }, call());
    expect(peer.order(order)).toMatchObject({ state: 'completed', payment: null });
  });

  test.each(LOST)('whose answer was lost (%s) is found in the order', async (kind) => {
    const input = completed(await opened());
    expect(await record.lookUp(input, call())).toBe('absent');
    const fault = peer.faults.arm({ match: { path: '/record$' }, kind });
    await failureOf(record.run(input, call()));
    expect(fault.observed).toBe(1);
    expect(await record.lookUp(input, call())).toEqual({ found: {} });
  });

  test('that differs from one of the same state parks, and is not found as ours', async () => {
    const order = await opened();
    await record.run(completed(order), call());
    const other: In<'order.record'> = { ...completed(order), lines: [{ id: '1', state: 'not-granted' }] };
    const refused = call();
    expect(await failureOf(record.run(other, refused))).toMatchObject({
      code: 'service.refused',
      status: 409,
    });
    expect(refused.http.mayHaveWritten()).toBe(false);
    expect(await record.lookUp(other, call())).toBe('undecided');
  });
});

test('a wrong token parks, and is not repeated in the message', async () => {
  const wrong = callFor(orders, { url: peer.url, token: 'not-this-one' });
  const failure = await failureOf(open.run(OPEN, wrong));
  expect(failure).toMatchObject({ code: 'service.refused', status: 401 });
  expect(failure.message).not.toContain('not-this-one');
});
