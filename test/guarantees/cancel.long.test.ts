import { setTimeout as pause } from 'node:timers/promises';
import { Client, Connection } from '@temporalio/client';
import type { Ledgers } from '../harness/ledgers.ts';
import { type Begun, openShop, type Shop } from '../harness/shop.ts';

let shop: Shop;
let connection: Connection;
let temporal: Client;
beforeAll(async () => {
  shop = await openShop();
  connection = await Connection.connect({ address: process.env['CC_TEST_TEMPORAL'] ?? '' });
  temporal = new Client({ connection });
}, 120_000);
afterAll(async () => {
  await connection.close();
  await shop[Symbol.asyncDispose]();
});

const sum = (amounts: readonly number[]): number => amounts.reduce((all, one) => all + one, 0);

/** Sold whole, or as if it had never been. */
const isWhole = ({ orders, captures, refunds, enrollments }: Ledgers): boolean => {
  const taken = sum(captures) - sum(refunds);
  const isSold = taken === 4_900 && captures.length === 1 && enrollments.length === 1;
  const isUndone = taken === 0 && enrollments.length % 2 === 0;
  return orders.length <= 1 && (isSold || isUndone);
};

const cancel = (bought: Pick<Begun, 'id'>): Promise<unknown> =>
  temporal.workflow.getHandle(bought.id).cancel();

const judge = async (bought: Pick<Begun, 'id' | 'learner'>): Promise<string> => {
  const status = await shop.ending(bought);
  const ledgers = shop.ledgers(bought);
  expect({ status, ledgers, isWhole: isWhole(ledgers) }).toMatchObject({ isWhole: true });
  return status;
};

/** Every call that a purchase makes after its payment has begun, and who is called. */
const CALLS = [
  { peer: 'stripe', method: 'GET', path: '/v1/payment_intents/' },
  { peer: 'lms', method: 'GET', path: '/api/enrollment/v1/course/' },
  { peer: 'stripe', method: 'POST', path: '/capture$' },
  { peer: 'lms', method: 'POST', path: '/api/enrollment/v1/enrollment' },
  { peer: 'orders', method: 'POST', path: '/record$' },
] as const;
const MOMENTS = CALLS.flatMap((call) =>
  (['hold-before', 'hold-after'] as const).map((kind) => ({ ...call, kind })),
);

describe('a cancellation in Temporal', () => {
  it.each(MOMENTS)('while $peer answers $method $path ($kind) leaves the purchase whole', async (moment) => {
    const { peer, method, path, kind } = moment;
    const bought = await shop.begin();
    const held = shop.peers[peer].faults.arm({ match: { method, path }, kind });
    await shop.pay(bought.answer);
    await shop.say(bought, 'payment.returned');
    await held.reached;
    await cancel(bought);
    await pause(100);
    held.release();
    await judge(bought);
    expect(held.observed).toBe(1);
  });

  it('while the learner has not paid closes payment and order', async () => {
    const bought = await shop.begin();
    await cancel(bought);
    expect(await judge(bought)).toBe('canceled');
    expect(shop.ledgers(bought).captures).toEqual([]);
  });

  it('at any moment leaves the purchase whole', async () => {
    const statuses = await Promise.all(
      Array.from({ length: 12 }, async (_none, n) => {
        const bought = await shop.begin();
        await shop.pay(bought.answer);
        await pause(n * 25);
        await cancel(bought).catch(() => undefined);
        return judge(bought);
      }),
    );
    expect(statuses.every((status) => status === 'canceled' || status === 'completed')).toBe(true);
  });

  it('of a purchase that is parked after the capture gives the money back', async () => {
    const outage = shop.peers.lms.faults.arm({
      match: { method: 'POST', path: '/api/enrollment/v1/enrollment' },
      kind: 'status',
      status: 503,
      times: 'always',
    });
    const bought = await shop.begin();
    await shop.pay(bought.answer);
    await shop.until(bought, ['needs-attention']);
    await cancel(bought);
    await pause(500);
    shop.peers.lms.faults.clear();
    await judge(bought);
    expect(outage.observed).toBeGreaterThan(0);
  });

  afterAll(async () => {
    expect(await shop.violations()).toEqual([]);
  });
});
