import { randomUUID } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import { sold, mailedOnce } from '../harness/ledgers.ts';
import { type Answer, openShop, type Shop } from '../harness/shop.ts';
import { crashAt, expectOutcome } from '../harness/crash.ts';
import { WRITES } from '../harness/writes.ts';

/** Tries again as a client does: a 409 says that the first request still holds the key, and when to come back. */
const retried = async (shop: Shop, learner: string, key: string): Promise<Answer> => {
  for (let attempt = 1; ; attempt++) {
    const again = await shop.buy(learner, { key });
    if (again.status !== 409 || attempt === 20) return again;
    await pause(Number(again.headers.get('retry-after') ?? 1) * 1_000);
  }
};

describe('a worker that is killed between a call and its settling', () => {
  it('has captured once and enrolled once when another worker goes on', async () => {
    // Long enough that the call is still open when the worker dies.
    await using shop = await openShop({ calls: { timeout: '3500ms', startToClose: '4s', lease: '5s' } });
    const writes = WRITES.filter(({ action }) => /payment.capture|enrollment.grant/.test(action));
    for (const player of await crashAt(shop, writes)) await expectOutcome(shop, player);
    expect(await shop.violations()).toEqual([]);
  });
});

describe('an API that is killed', () => {
  let shop: Shop;
  beforeAll(async () => {
    shop = await openShop();
  }, 120_000);
  afterAll(() => shop[Symbol.asyncDispose]());

  const expectBoughtOnce = async (learner: string, id: string) => {
    const bought = { id, learner };
    await shop.pay(await shop.payable(bought));
    expect(await shop.ending(bought)).toBe('completed');
    expect(mailedOnce(shop.ledgers(bought))).toEqual(sold());
    const opened = shop.peers.orders.ledger.of('order-opened').filter(({ customer }) => customer === learner);
    expect(opened).toHaveLength(1);
    expect(await shop.journal.rows('SELECT id FROM flows WHERE learner = ?', [learner])).toEqual([{ id }]);
    expect(await shop.violations()).toEqual([]);
  };

  it('right after it accepted has accepted: the same key leads to the same purchase', async () => {
    const learner = shop.newLearner();
    const key = randomUUID();
    const { body } = await shop.buy(learner, { key });
    await shop.coordinator.api.kill();
    await shop.coordinator.restartApi();
    const again = await shop.buy(learner, { key });
    expect([again.status, again.body.id]).toEqual([201, body.id]);
    await expectBoughtOnce(learner, body.id);
  });

  it('in the middle of a request has accepted all of it or nothing, and the same key leads to one purchase', async () => {
    for (const wait of [2, 9, 16, 26]) {
      const learner = shop.newLearner();
      const key = randomUUID();
      const first = shop.buy(learner, { key }).catch(() => undefined);
      await pause(wait + Math.random() * 4);
      await shop.coordinator.api.kill();
      await first;
      await shop.coordinator.restartApi();
      const again = await retried(shop, learner, key);
      expect([201, 202]).toContain(again.status);
      const known = await first;
      if (known) expect(again.body.id).toBe(known.body.id);
      await expectBoughtOnce(learner, again.body.id);
    }
  });
});
