import { setTimeout as pause } from 'node:timers/promises';
import { sold, mailedOnce } from '../harness/ledgers.ts';
import { crashAt, expectOutcome } from '../harness/crash.ts';
import { openShop } from '../harness/shop.ts';
import { WRITES } from '../harness/writes.ts';

// Long enough that all calls are still open when the worker dies, and that no step has run out of time by then.
const SLOW = {
  calls: { timeout: '15s', startToClose: '17s', lease: '19s' },
  retry: { whileWaiting: '60s', afterwards: '60s' },
  policy: { payWithin: '120s' },
} as const;

describe('a worker that is killed between a call and its settling', () => {
  it('leaves every write done once when another worker goes on', async () => {
    await using shop = await openShop(SLOW);
    for (const player of await crashAt(shop, WRITES)) await expectOutcome(shop, player);
    expect(await shop.violations()).toEqual([]);
  });

  // Nobody gives up meanwhile: a step that is out of time would end the purchase, rightly.
  it('again and again, at any moment, leaves every purchase sold once', async () => {
    await using shop = await openShop({ retry: SLOW.retry, policy: { payWithin: '300s' } });
    const buy = async () => {
      const learner = shop.newLearner();
      const { id } = (await shop.buy(learner)).body;
      const bought = { id, learner };
      await shop.pay(await shop.payable(bought));
      return bought;
    };
    const buying = Promise.all(Array.from({ length: 20 }, (_, n) => pause(n * 400).then(buy)));
    for (let n = 0; n < 5; n++) {
      await pause(1_200 + Math.random() * 1_200);
      await shop.crashWorkers();
    }
    for (const bought of await buying) {
      expect(await shop.ending(bought)).toBe('completed');
      expect(mailedOnce(shop.ledgers(bought))).toEqual(sold());
    }
    expect(await shop.violations()).toEqual([]);
  });
});

describe('an API that is killed and never asked again', () => {
  it('has started what it accepted, and nothing of the rest is there', async () => {
    await using shop = await openShop();
    const learners: string[] = [];
    for (let wait = 1; wait <= 31; wait += 3) {
      const learner = shop.newLearner();
      learners.push(learner);
      const asked = shop.buy(learner).catch(() => undefined);
      await pause(wait);
      await shop.coordinator.api.kill();
      await asked;
      await shop.coordinator.restartApi();
    }
    for (const learner of learners) {
      const flows = await shop.journal.rows<{ id: string }>('SELECT id FROM flows WHERE learner = ?', [
        learner,
      ]);
      const orders = () =>
        shop.peers.orders.ledger.of('order-opened').filter(({ customer }) => customer === learner);
      expect(flows.length).toBeLessThanOrEqual(1);
      const [flow] = flows;
      if (!flow) {
        expect(orders()).toEqual([]);
        continue;
      }
      const bought = { id: flow.id, learner };
      await shop.pay(await shop.payable(bought));
      expect(await shop.ending(bought)).toBe('completed');
      expect(mailedOnce(shop.ledgers(bought))).toEqual(sold());
      expect(orders()).toHaveLength(1);
    }
    expect(await shop.violations()).toEqual([]);
  });
});
