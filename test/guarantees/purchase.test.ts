import { COURSE, openShop, type Shop } from '../harness/shop.ts';

let shop: Shop;
beforeAll(async () => {
  shop = await openShop();
}, 120_000);
afterAll(() => shop[Symbol.asyncDispose]());

let lastLearner = 100_000;
const newLearner = (): string => String((lastLearner += 1));
const orderOf = (body: object): string => (body as { order: string }).order;

describe('a purchase', () => {
  it('takes the money once and enrolls the learner once', async () => {
    const learner = newLearner();
    const started = await shop.buy(learner);
    expect(started.status).toBe(201);
    await shop.pay(started);
    const ended = await shop.until(started.body.id, learner, ['completed', 'needs-attention', 'declined']);
    expect(ended.body.status).toBe('completed');
    const order = orderOf(ended.body);
    expect(shop.peers.stripe.captures(order)).toBe(4900);
    expect(shop.peers.lms.ledger.all().filter((entry) => entry.kind === 'enrolled')).toHaveLength(1);
    expect(await shop.violations()).toEqual([]);
    expect(COURSE).toContain('DemoX');
  });
});
