import { setTimeout as pause } from 'node:timers/promises';
import { sold } from '../harness/ledgers.ts';
import { openShop, type Shop } from '../harness/shop.ts';

let shop: Shop;
beforeAll(async () => {
  shop = await openShop();
}, 120_000);
afterAll(() => shop[Symbol.asyncDispose]());

describe('a worker that is stopped during a capture for longer than its lease, and then goes on', () => {
  it('captures once: another worker has settled it, and the late answer is kept beside the row', async () => {
    const bought = await shop.begin();
    const held = shop.peers.stripe.faults.arm({
      match: { method: 'POST', path: '/capture$' },
      kind: 'hold-after',
    });
    await shop.pay(bought.answer);
    await held.reached;
    const [zombie] = shop.coordinator.workers;
    zombie?.signal('SIGSTOP');
    await shop.coordinator.startWorker();
    held.release();
    // The stopped worker's polls still take tasks, each of which has to time out first.
    await shop.until(bought, ['completed'], 150_000);
    zombie?.signal('SIGCONT');
    await pause(3_000);
    // The zombie had taken the receipt's task too: a notice may come twice, money and grants may not.
    expect({ ...shop.ledgers(bought), mails: ['completed'] }).toEqual(sold());
    const captures = (await shop.story(bought.id)).effects.filter(
      ({ action }) => action === 'payment.capture',
    );
    expect(captures).toMatchObject([{ generation: 1, state: 'done' }]);
    const [row] = await shop.journal.rows<{ late: number }>(
      `SELECT late_output IS NOT NULL AS late FROM effects WHERE action = 'payment.capture' AND flow_id = ?`,
      [bought.id],
    );
    expect(row?.late).toBe(1);
    expect(held.observed).toBe(1);
    expect(await shop.violations()).toEqual([]);
  });
});
