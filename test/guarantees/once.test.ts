import { randomUUID } from 'node:crypto';
import { COURSE, NOTHING, sold } from '../harness/ledgers.ts';
import { type Answer, openShop, type Shop } from '../harness/shop.ts';

const SECOND = 'course-v1:edX+SecondX+2026';

let shop: Shop;
beforeAll(async () => {
  shop = await openShop();
}, 120_000);
afterAll(() => shop[Symbol.asyncDispose]());
afterEach(async () => {
  expect(await shop.violations()).toEqual([]);
});

const complete = async (id: string, learner: string) => {
  const bought = { id, learner };
  await shop.pay(await shop.payable(bought));
  expect(await shop.ending(bought)).toBe('completed');
  expect(shop.ledgers(bought)).toEqual(sold());
};
const flowsOf = (learner: string) =>
  shop.journal.rows<{ id: string }>('SELECT id FROM flows WHERE learner = ?', [learner]);
const ordersOf = (learner: string) =>
  shop.peers.orders.ledger.of('order-opened').filter(({ customer }) => customer === learner);

describe('the same start twenty times at once with one key', () => {
  it.each([['while all is well'], ['while the order system is slow']])(
    'is one flow and one charge, told twenty times alike, %s',
    async (when) => {
      const learner = shop.newLearner();
      const key = randomUUID();
      if (when.includes('slow')) {
        shop.peers.orders.faults.arm({
          match: { method: 'POST', path: '/v1/orders', contains: `"customer":"${learner}"` },
          ...{ kind: 'delay-after', ms: 500 },
        });
      }
      const answers = await Promise.all(Array.from({ length: 20 }, () => shop.buy(learner, { key })));
      const [first] = answers as [Answer];
      const { id } = first.body;
      for (const { status, body, headers } of answers) {
        expect([201, 202]).toContain(status);
        expect(body.id).toBe(id);
        expect(headers.get('location')).toBe(`/v1/flows/${id}`);
        if (status === 201)
          expect(body).toMatchObject({ next: 'confirm-payment', order: first.body['order'] });
      }
      expect(answers.filter(({ status }) => status === 201).length).toBeGreaterThan(0);
      expect(await flowsOf(learner)).toEqual([{ id }]);
      await complete(id, learner);
      expect(ordersOf(learner)).toHaveLength(1);

      const late = await shop.buy(learner, { key });
      expect([late.status, late.body.id, late.headers.get('idempotent-replayed')]).toEqual([201, id, 'true']);
      expect(late.body).not.toHaveProperty('clientSecret');
      expect(shop.ledgers({ id, learner })).toEqual(sold());
    },
  );

  it('refuses another body under the key, and tells a stranger nothing about it', async () => {
    const learner = shop.newLearner();
    const key = randomUUID();
    const { body } = await shop.buy(learner, { key });
    const other = await shop.buy(learner, { key, course: SECOND, total: { amount: 9_900, currency: 'USD' } });
    expect([other.status, other.body['code']]).toEqual([422, 'request.key-reused']);
    const stranger = shop.newLearner();
    const theirs = await shop.buy(stranger, { key });
    expect(theirs.body.id).not.toBe(body.id);
    await complete(body.id, learner);
    await complete(theirs.body.id, stranger);
  });
});

describe('two keys for one learner and course at the same instant', () => {
  it('are one purchase, and the other is told which', async () => {
    for (const count of [2, 2, 6]) {
      const learner = shop.newLearner();
      const answers = await Promise.all(Array.from({ length: count }, () => shop.buy(learner)));
      const started = answers.filter(({ status }) => status === 201);
      const refused = answers.filter(({ status }) => status === 409);
      expect([started.length, refused.length]).toEqual([1, count - 1]);
      const id = started[0]?.body.id ?? '';
      for (const { headers, body } of refused) {
        expect(headers.get('location')).toBe(`/v1/flows/${id}`);
        expect(headers.get('content-type')).toContain('application/problem+json');
        expect(body['code']).toBe('purchase.already-running');
      }
      await complete(id, learner);
      expect(ordersOf(learner)).toHaveLength(1);
      expect(await flowsOf(learner)).toEqual([{ id }]);
    }
  });

  it('are two purchases for two courses, and for two learners', async () => {
    const [learner, other] = [shop.newLearner(), shop.newLearner()];
    const answers = await Promise.all([
      shop.buy(learner),
      shop.buy(learner, { course: SECOND, total: { amount: 9_900, currency: 'USD' } }),
      shop.buy(other),
    ]);
    expect(answers.map(({ status }) => status)).toEqual([201, 201, 201]);
    const bought = answers.map(({ body }, n) => ({
      ...{ id: body.id, learner: n === 2 ? other : learner, course: n === 1 ? SECOND : COURSE },
    }));
    for (const [n, one] of bought.entries()) {
      const answer = answers[n];
      if (answer) await shop.pay(answer);
      expect(await shop.ending(one)).toBe('completed');
      expect(shop.ledgers(one)).toEqual(sold(n === 1 ? 9_900 : 4_900));
    }
  });
});

describe('buying again', () => {
  it('what one has is declined, and costs nothing', async () => {
    const begun = await shop.begin();
    await shop.pay(begun.answer);
    expect(await shop.ending(begun)).toBe('completed');
    const again = await shop.buy(begun.learner);
    expect(again.body).toMatchObject({ next: 'none', reason: 'already-enrolled' });
    const second = { id: again.body.id, learner: begun.learner };
    expect(await shop.ending(second)).toBe('declined');
    expect(shop.ledgers(second)).toEqual({ ...NOTHING, enrollments: ['enrolled'] });
    expect(shop.ledgers(begun)).toEqual(sold());
  });

  it('what one gave up is a new purchase at once', async () => {
    const begun = await shop.begin();
    await shop.say(begun, 'purchase.cancel');
    expect(await shop.ending(begun)).toBe('canceled');
    const { body } = await shop.buy(begun.learner);
    expect(body.id).not.toBe(begun.id);
    await complete(body.id, begun.learner);
  });

  it('while the first one is under way is refused until that has ended', async () => {
    const begun = await shop.begin();
    const second = await shop.buy(begun.learner);
    expect([second.status, second.headers.get('location')]).toEqual([409, `/v1/flows/${begun.id}`]);
    await shop.pay(begun.answer);
    expect(await shop.ending(begun)).toBe('completed');
    expect((await shop.buy(begun.learner)).body).toMatchObject({ reason: 'already-enrolled' });
    expect(shop.ledgers(begun)).toEqual(sold());
  });
});
