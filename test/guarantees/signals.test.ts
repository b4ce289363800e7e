import { join } from 'node:path';
import { Client, Connection } from '@temporalio/client';
import { sold } from '../harness/ledgers.ts';
import { boundariesOf, closedRun, resetAt } from '../harness/reset.ts';
import { openShop, type Shop } from '../harness/shop.ts';
import { startPeer, type Peer } from '../peers/kit/start-peer.ts';

const OFF = 900;
const LESS = { amount: 4_900 - OFF, currency: 'USD' };
const path = join(process.cwd(), 'test/guarantees/fixtures/loyalty.ts');

type Points = { kind: 'points'; order: string; key: string };
let points: Peer<Points>;
let shop: Shop;
let connection: Connection;
let temporal: Client;
beforeAll(async () => {
  points = await startPeer<Points, object>('loyalty', ({ on, ledger }) => {
    on('POST /points', ({ body }) => {
      const { order, key } = body as { order: string; key: string };
      ledger.add({ kind: 'points', order, key });
      return { status: 200, body: {} };
    });
    return {};
  });
  shop = await openShop({
    wiring: {
      plugins: {
        loyalty: { module: path, settings: { url: points.url, off: String(OFF) } },
        grumpy: { module: path, settings: {} },
      },
      signals: { 'purchase.completed': ['grumpy', 'loyalty'] },
      filters: { 'purchase.requested': ['loyalty'] },
    },
  });
  connection = await Connection.connect({ address: process.env['CC_TEST_TEMPORAL'] ?? '' });
  temporal = new Client({ connection });
}, 120_000);
afterAll(async () => {
  await connection.close();
  await shop[Symbol.asyncDispose]();
  await points.stop();
});

const heard = (order: string): number => points.ledger.all().filter((entry) => entry.order === order).length;
const until = async (isThere: () => boolean): Promise<void> => {
  const deadline = performance.now() + 20_000;
  while (!isThere()) {
    if (performance.now() > deadline) throw new Error('It never came to that.');
    await new Promise((again) => setTimeout(again, 50));
  }
};

describe('a Signal', () => {
  it('is heard by every Receiver, and one that fails stops neither the flow nor the other', async () => {
    const bought = await shop.begin({ total: LESS });
    await shop.pay(bought.answer);
    expect(await shop.ending(bought)).toBe('completed');
    await until(() => heard(bought.order) > 0);
    expect(heard(bought.order)).toBe(1);
    expect(shop.ledgers(bought)).toEqual(sold(LESS.amount));
    const child = temporal.workflow.getHandle(`${bought.id}/emit:purchase.completed`);
    expect((await child.describe()).status.name).toBe('RUNNING');
  });

  it('runs no Receiver twice when its flow is reset', async () => {
    const bought = await shop.begin({ total: LESS });
    await shop.pay(bought.answer);
    expect(await shop.ending(bought)).toBe('completed');
    await until(() => heard(bought.order) > 0);
    const { runId } = await temporal.workflow.getHandle(bought.id).describe();
    const [first = 0] = await boundariesOf(temporal, bought.id, runId);
    const again = await resetAt(temporal, { workflowId: bought.id, runId }, first);
    const { result } = await closedRun(temporal, { workflowId: bought.id, runId: again });
    expect(result).toMatchObject({ status: 'completed' });
    expect(heard(bought.order)).toBe(1);
  });
});

describe("a Filter's Pipeline Step", () => {
  it('changes the price that everybody then works with', async () => {
    const learner = shop.newLearner();
    const answer = await shop.buy(learner);
    const { body } = await shop.until({ id: answer.body.id, learner }, ['declined']);
    expect(body).toMatchObject({ status: 'declined', reason: 'price-changed' });
  });

  it('stops the flow with its reason', async () => {
    const learner = shop.newLearner();
    const course = 'course-v1:edX+SecondX+2026';
    const answer = await shop.buy(learner, { course, total: { amount: 9_000, currency: 'USD' } });
    const { body } = await shop.until({ id: answer.body.id, learner }, ['declined']);
    expect(body).toMatchObject({ status: 'declined', reason: 'not-for-members' });
    expect(await shop.violations()).toEqual([]);
  });
});
