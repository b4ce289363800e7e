import { type Bought, COURSE, NOTHING, sold } from '../harness/ledgers.ts';
import { openShop, type Shop } from '../harness/shop.ts';
import type { FaultSpec } from '../peers/kit/faults.ts';

const FREE = 'course-v1:edX+FreeX+2026';
const TOKYO = 'course-v1:edX+TokyoX+2026';
const SECOND = 'course-v1:edX+SecondX+2026';
const CLOSED = 'course-v1:edX+ClosedX+2020';
const UNKNOWN = 'course-v1:edX+NoSuchX+2026';
const usd = (amount: number) => ({ amount, currency: 'USD' });

let shop: Shop;
beforeAll(async () => {
  shop = await openShop();
}, 120_000);
afterAll(() => shop[Symbol.asyncDispose]());
afterEach(async () => {
  shop.peers.sanctions.faults.clear();
  expect(await shop.violations()).toEqual([]);
});

describe('a purchase', () => {
  it('takes the money once, enrolls once, completes the order and tells the learner the amount', async () => {
    const begun = await shop.begin();
    const { answer, id, order, payment, learner } = begun;
    expect(answer.status).toBe(201);
    expect(answer.headers.get('location')).toBe(`/v1/flows/${id}`);
    expect(answer.headers.get('cache-control')).toBe('no-store');
    expect(answer.body).toMatchObject({
      ...{ type: 'purchase', status: 'paying', next: 'confirm-payment', order, payment },
      clientSecret: expect.stringMatching(new RegExp(`^${payment}_secret_`)) as string,
      publishableKey: 'pk_test_peer',
    });
    await shop.pay(answer);
    expect(await shop.ending(begun)).toBe('completed');

    expect(shop.ledgers(begun)).toEqual(sold());
    expect(shop.peers.lms.ledger.all().find((fact) => fact.order === order)).toMatchObject({
      ...{ mode: 'verified', line: '1', before: null, user: `learner-${learner}` },
    });
    expect(
      shop.peers.orders.ledger.of('order-recorded').find(({ number }) => number === order),
    ).toMatchObject({
      state: 'completed',
      payment: { processor: 'stripe', reference: payment, amount: 4_900, currency: 'USD' },
      lines: [{ id: '1', state: 'granted' }],
    });
    expect(shop.peers.smtp.ledger.all().find(({ subject }) => subject.includes(order))).toMatchObject({
      to: [`learner-${learner}@example.com`],
      text: expect.stringContaining('Total: 49.00 USD') as string,
    });
  });

  it('shows its learner where it stands at every stage, and nobody else', async () => {
    const begun = await shop.begin();
    const { id, learner, answer, order } = begun;
    const seen = async () => (await shop.call('GET', `/v1/flows/${id}`, { learner })).body;
    expect(await seen()).toMatchObject({
      ...{ status: 'paying', next: 'confirm-payment', order },
      clientSecret: answer.body['clientSecret'],
    });
    expect((await shop.call('GET', `/v1/flows/${id}`, { learner: shop.newLearner() })).status).toBe(404);

    const enrolling = shop.peers.lms.faults.arm({
      match: { method: 'POST', path: '/api/enrollment/', contains: `learner-${learner}` },
      kind: 'hold-before',
    });
    await shop.pay(answer);
    await enrolling.reached;
    const paid = await seen();
    enrolling.release();
    expect(paid).toMatchObject({ status: 'fulfilling', next: 'none', order });
    expect(paid).not.toHaveProperty('clientSecret');

    expect(await shop.ending(begun)).toBe('completed');
    const last = await seen();
    expect(last).toMatchObject({ id, status: 'completed', next: 'none', order });
    expect(last).not.toHaveProperty('clientSecret');
    expect(last).not.toHaveProperty('payment');
    expect(shop.ledgers(begun)).toEqual(sold());
  });

  it('charges yen in whole yen', async () => {
    const begun = await shop.begin({ course: TOKYO, total: { amount: 5_000, currency: 'JPY' } });
    await shop.pay(begun.answer);
    expect(await shop.ending(begun)).toBe('completed');
    expect(shop.ledgers(begun)).toEqual(sold(5_000));
    expect(shop.peers.stripe.ledger.of('captured').find((fact) => fact.order === begun.order)).toMatchObject({
      amount: 5_000,
      currency: 'jpy',
    });
    expect(shop.peers.smtp.ledger.all().find(({ subject }) => subject.includes(begun.order))?.text).toContain(
      'Total: 5000 JPY',
    );
  });

  it('sells a free course without asking the processor anything', async () => {
    const calls = shop.peers.stripe.requests.count();
    const learner = shop.newLearner();
    const { body } = await shop.buy(learner, { course: FREE, total: usd(0) });
    const bought = { id: body.id, learner, course: FREE };
    expect(await shop.ending(bought)).toBe('completed');
    expect(shop.ledgers(bought)).toEqual({ ...sold(), intents: [], captures: [] });
    expect(shop.peers.stripe.requests.count()).toBe(calls);
  });
});

describe('a purchase is declined, and nothing is left of it,', () => {
  const expectDeclined = async (
    { learner = shop.newLearner(), ...asked }: { learner?: string; course?: string; total?: object },
    reason: string,
  ) => {
    const { status, body } = await shop.buy(learner, asked);
    expect(status).toBe(201);
    expect(body).toMatchObject({ next: 'none', reason });
    const ended = await shop.until({ id: body.id, learner }, ['declined']);
    expect(ended.body).toMatchObject({ next: 'none', reason });
    return shop.ledgers({ id: body.id, learner, course: asked.course ?? COURSE });
  };

  it('when the learner expected another price', async () => {
    expect(await expectDeclined({ total: usd(4_800) }, 'price-changed')).toEqual(NOTHING);
    expect(await expectDeclined({ total: { amount: 4_900, currency: 'EUR' } }, 'price-changed')).toEqual(
      NOTHING,
    );
  });

  it('when the catalog changed its price before the quote', async () => {
    shop.peers.discovery.setPrice({ course: SECOND, mode: 'verified', price: '119.00' });
    expect(await expectDeclined({ course: SECOND, total: usd(9_900) }, 'price-changed')).toEqual(NOTHING);
  });

  it('when nobody knows the course, or it is closed', async () => {
    expect(await expectDeclined({ course: UNKNOWN }, 'unknown-course')).toEqual(NOTHING);
    expect(await expectDeclined({ course: CLOSED }, 'enrollment-closed')).toEqual(NOTHING);
  });

  it('when the learner has what it would buy', async () => {
    const learner = shop.newLearner();
    shop.peers.lms.enroll(`learner-${learner}`, COURSE, 'verified');
    expect(await expectDeclined({ learner }, 'already-enrolled')).toEqual({
      ...NOTHING,
      enrollments: ['enrolled by somebody else'],
    });
  });

  it('when the learner is on a sanctions list', async () => {
    expect(await expectDeclined({ learner: '1003' }, 'screening')).toEqual(NOTHING);
  });
});

describe('a learner whose screen is not decided', () => {
  const REVIEWED = '1004';
  /** Starts a purchase that gets no further than the screen. */
  const ask = async (learner: string) => {
    const { status, body } = await shop.buy(learner);
    expect(status).toBe(202);
    const bought = { id: body.id, learner };
    await shop.until({ id: body.id, learner }, ['in-review']);
    expect(shop.ledgers(bought)).toEqual(NOTHING);
    return bought;
  };
  const goOn = async (bought: Bought) => {
    await shop.pay(await shop.payable(bought));
    expect(await shop.ending(bought)).toBe('completed');
    expect(shop.ledgers(bought)).toEqual(sold());
  };
  const decide = ({ id }: Bought, status: 'clear' | 'hit') =>
    shop.peers.sanctions.decide(id.replace('purchase:', ''), status);
  const disturb = (learner: string, fault: Pick<FaultSpec, 'kind' | 'body'>) =>
    shop.peers.sanctions.faults.arm({
      ...{ match: { path: '/v1/screenings/', contains: `Learner ${learner}` }, times: 'always' },
      ...fault,
    });

  it('is in review, and buys on once a person says clear', async () => {
    const bought = await ask(REVIEWED);
    decide(bought, 'clear');
    await goOn(bought);
  });

  it('is declined once a person says hit, and free when the learner gives up before', async () => {
    const learners = [shop.newLearner(), shop.newLearner()];
    for (const learner of learners)
      shop.peers.sanctions.setRule({ name: `Learner ${learner}`, status: 'review' });
    const [hit, leaving] = (await Promise.all(learners.map(ask))) as [Bought, Bought];
    decide(hit, 'hit');
    await shop.say(leaving, 'purchase.cancel');
    expect(await shop.ending(hit)).toBe('declined');
    expect(await shop.ending(leaving)).toBe('canceled');
    for (const bought of [hit, leaving]) expect(shop.ledgers(bought)).toEqual(NOTHING);
  });

  it('never passes for clear while the screening Service is away, and buys on when it is back', async () => {
    const kinds = ['status', 'hang', 'drop-before'] as const;
    await Promise.all(
      kinds.map(async (kind) => {
        const learner = shop.newLearner();
        const down = disturb(learner, { kind });
        const bought = await ask(learner);
        expect(down.observed).toBeGreaterThanOrEqual(2);
        down.release();
        await goOn(bought);
      }),
    );
  });

  it('never passes for clear when the screening Service answers nonsense', async () => {
    const bodies = ['clear', {}, { reference: 'x', status: 'CLEAR' }, { reference: 'x', status: null }];
    await Promise.all(
      bodies.map(async (body) => {
        const learner = shop.newLearner();
        const fault = disturb(learner, { kind: 'malformed', body });
        const { id } = (await shop.buy(learner)).body;
        const { status } = (await shop.until({ id, learner }, ['in-review', 'declined'])).body;
        expect(fault.observed).toBeGreaterThanOrEqual(1);
        if (status === 'in-review') await shop.say({ id, learner }, 'purchase.cancel');
        expect(await shop.ending({ id, learner })).toMatch(/declined|canceled/);
        expect(shop.ledgers({ id, learner })).toEqual(NOTHING);
      }),
    );
  });
});

describe('a review that nobody decides', () => {
  it('ends at its deadline with nothing opened and nothing charged', async () => {
    await using hasty = await openShop({ policy: { screenWithin: '1500ms', screenEvery: '200ms' } });
    const { body } = await hasty.buy('1004');
    const bought = { id: body.id, learner: '1004' };
    expect(await hasty.ending(bought)).toBe('expired');
    expect((await hasty.story(body.id)).result).toEqual({ status: 'expired', reason: 'screening' });
    expect(hasty.ledgers(bought)).toEqual(NOTHING);
    expect(await hasty.violations()).toEqual([]);
  });
});

describe('a purchase whose order system fails before any money moved', () => {
  it('gives up and leaves nothing open', async () => {
    const learner = shop.newLearner();
    const down = shop.peers.orders.faults.arm({
      match: { method: 'POST', path: '/v1/orders', contains: `"customer":"${learner}"` },
      ...{ kind: 'status', times: 'always' },
    });
    const { body } = await shop.buy(learner);
    expect(await shop.ending({ id: body.id, learner })).toBe('declined');
    expect(down.observed).toBeGreaterThanOrEqual(2);
    expect(shop.ledgers({ id: body.id, learner })).toEqual(NOTHING);
  });
});
