import { randomUUID } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import { startTemporal, type TemporalServer } from '../../tools/servers/temporal.ts';
import { COURSE, NOTHING, sold, mailedOnce } from '../harness/ledgers.ts';
import { openShop, type Shop } from '../harness/shop.ts';

describe('a Temporal that is killed', () => {
  let temporal: TemporalServer;
  let shop: Shop;
  beforeAll(async () => {
    temporal = await startTemporal();
    shop = await openShop({ temporalAddress: temporal.address });
  }, 120_000);
  afterAll(async () => {
    await shop[Symbol.asyncDispose]();
    await temporal.stop();
  });
  afterEach(async () => {
    expect(await shop.violations()).toEqual([]);
  });
  const crash = async () => {
    await temporal.kill();
    await pause(300);
    await temporal.restart();
  };

  it('while the learner pays forgets nothing', async () => {
    const begun = await shop.begin();
    await temporal.kill();
    await shop.pay(begun.answer);
    const seen = await shop.call('GET', `/v1/flows/${begun.id}`, { learner: begun.learner });
    expect(seen).toMatchObject({ status: 200, body: { id: begun.id, stale: true } });
    await temporal.restart();
    expect(await shop.ending(begun)).toBe('completed');
    expect(mailedOnce(shop.ledgers(begun))).toEqual(sold());
  });

  it('while money is captured and while the LMS enrolls completes both purchases once', async () => {
    const [one, other] = await Promise.all([shop.begin(), shop.begin()]);
    const capturing = shop.peers.stripe.faults.arm({
      match: { method: 'POST', path: `/v1/payment_intents/${one.payment}/capture` },
      kind: 'hold-after',
    });
    const enrolling = shop.peers.lms.faults.arm({
      match: { method: 'POST', path: '/api/enrollment/', contains: `"learner-${other.learner}"` },
      kind: 'hold-after',
    });
    await Promise.all([shop.pay(one.answer), shop.pay(other.answer)]);
    await Promise.all([capturing.reached, enrolling.reached]);
    await temporal.kill();
    [capturing, enrolling].forEach((fault) => fault.release());
    await pause(300);
    await temporal.restart();
    for (const begun of [one, other]) {
      expect(await shop.ending(begun)).toBe('completed');
      expect(mailedOnce(shop.ledgers(begun))).toEqual(sold());
    }
  });

  it('in the middle of a start has the purchase once', async () => {
    const learners = Array.from({ length: 3 }, () => shop.newLearner());
    const starting = learners.map((learner) => shop.buy(learner));
    await pause(30);
    await crash();
    for (const [index, started] of (await Promise.all(starting)).entries()) {
      expect([201, 202]).toContain(started.status);
      const bought = { id: started.body.id, learner: learners[index] ?? '' };
      await shop.pay(await shop.payable(bought));
      expect(await shop.ending(bought)).toBe('completed');
      expect(mailedOnce(shop.ledgers(bought))).toEqual(sold());
    }
  });

  it('gets the starts that were accepted while it was away', async () => {
    await temporal.kill();
    const learner = shop.newLearner();
    const key = randomUUID();
    const accepted = await shop.buy(learner, { key });
    expect(accepted.status).toBe(202);
    expect(Date.parse(String(accepted.body['startBefore']))).toBeGreaterThan(Date.now());
    const bought = { id: accepted.body.id, learner, course: COURSE };
    expect(mailedOnce(shop.ledgers(bought))).toEqual(NOTHING);
    await temporal.restart();
    await shop.pay(await shop.payable(bought));
    expect(await shop.ending(bought)).toBe('completed');
    expect(mailedOnce(shop.ledgers(bought))).toEqual(sold());
    expect((await shop.buy(learner, { key })).body.id).toBe(bought.id);
  });
});
