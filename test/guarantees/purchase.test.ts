import { CALLED_OFF, COURSE, NOTHING, sold } from '../harness/ledgers.ts';
import { openShop, type Shop } from '../harness/shop.ts';

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
    expect({ status, ...body }).toMatchObject({ status: 'declined', next: 'none', reason });
    const bought = { id: body.id, learner, course: asked.course ?? COURSE };
    expect(await shop.ending(bought)).toBe('declined');
    return shop.ledgers(bought);
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
  const screenOf = (id: string): string => id.replace('purchase:', '');

  it('is in review, and buys on once a person says clear', async () => {
    const { status, body } = await shop.buy('1004');
    expect(status).toBe(202);
    expect(body.status).toBe('in-review');
    const bought = { id: body.id, learner: '1004' };
    expect(shop.ledgers(bought)).toEqual(NOTHING);
    shop.peers.sanctions.decide(screenOf(body.id), 'clear');
    const paying = await shop.until(body.id, '1004', ['paying']);
    await shop.pay(paying);
    expect(await shop.ending(bought)).toBe('completed');
    expect(shop.ledgers(bought)).toEqual(sold());
  });

  it('is declined once a person says hit', async () => {
    const learner = shop.newLearner();
    shop.peers.sanctions.setRule({ name: `Learner ${learner}`, status: 'review' });
    const { body } = await shop.buy(learner);
    expect(body.status).toBe('in-review');
    shop.peers.sanctions.decide(screenOf(body.id), 'hit');
    expect(await shop.ending({ id: body.id, learner })).toBe('declined');
    expect(shop.ledgers({ id: body.id, learner })).toEqual(NOTHING);
  });

  it.each([
    ['fails', { kind: 'status' }],
    ['hangs', { kind: 'hang' }],
    ['drops its connections', { kind: 'drop-before' }],
  ] as const)(
    'never passes for clear while the screening Service %s, and buys on when it is back',
    async (_, fault) => {
      const learner = shop.newLearner();
      const down = shop.peers.sanctions.faults.arm({
        ...{ match: { path: '/v1/screenings/', contains: `Learner ${learner}` }, times: 'always' },
        ...fault,
      });
      const { body } = await shop.buy(learner);
      const bought = { id: body.id, learner };
      expect(body.status).toBe('in-review');
      expect(shop.ledgers(bought)).toEqual(NOTHING);
      expect(down.observed).toBeGreaterThanOrEqual(2);
      down.release();
      await shop.pay(await shop.until(body.id, learner, ['paying']));
      expect(await shop.ending(bought)).toBe('completed');
      expect(shop.ledgers(bought)).toEqual(sold());
    },
  );

  it.each([
    ['nonsense', 'clear'],
    ['a word that nobody knows', { reference: 'x', status: 'CLEAR' }],
    ['nothing', {}],
  ])('never passes for clear when the screening Service answers %s', async (_, body) => {
    const learner = shop.newLearner();
    const fault = shop.peers.sanctions.faults.arm({
      ...{ match: { path: '/v1/screenings/', contains: `Learner ${learner}` }, times: 'always' },
      ...{ kind: 'malformed', body },
    });
    const started = await shop.buy(learner);
    expect(['in-review', 'declined']).toContain(started.body.status);
    expect(shop.ledgers({ id: started.body.id, learner })).toEqual(NOTHING);
    expect(fault.observed).toBeGreaterThanOrEqual(1);
    expect((await shop.say({ id: started.body.id, learner }, 'purchase.cancel')).status).toBeLessThan(500);
    expect(await shop.ending({ id: started.body.id, learner })).toMatch(/declined|canceled/);
    expect(shop.ledgers({ id: started.body.id, learner })).toEqual(NOTHING);
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
    expect({ ...CALLED_OFF, ...shop.ledgers({ id: body.id, learner }) }).toEqual(NOTHING);
  });
});
