import { setTimeout as pause } from 'node:timers/promises';
import { CALLED_OFF, sold } from '../harness/ledgers.ts';
import { type Begun, openShop, type Shop } from '../harness/shop.ts';

const CLOSING = 'course-v1:edX+ClosingX+2026';
const stateOf = (shop: Shop, { payment }: Begun) =>
  shop.peers.stripe.intents().find(({ id }) => id === payment)?.status;
const looksAt = (shop: Shop, { payment }: Begun) =>
  shop.peers.stripe.requests.count({ method: 'GET', path: `/v1/payment_intents/${payment}` });

let shop: Shop;
const expectSold = async (begun: Begun) => {
  expect(await shop.ending(begun)).toBe('completed');
  expect(shop.ledgers(begun)).toEqual(sold());
};
const expectCalledOff = async (begun: Begun, status: string) => {
  expect(await shop.ending(begun)).toBe(status);
  expect(shop.ledgers(begun)).toEqual(CALLED_OFF);
};
const open = (policy: Record<string, string>) => {
  beforeAll(async () => {
    shop = await openShop({ policy });
  }, 120_000);
  afterAll(() => shop[Symbol.asyncDispose]());
  afterEach(async () => {
    shop.peers.stripe.webhooks.disarm();
    shop.peers.stripe.faults.clear();
    expect(await shop.violations()).toEqual([]);
  });
};

// So seldom does it look by itself here that only a message can be what made it look.
describe('a payment that the learner has time for', () => {
  open({ payWithin: '60s', lookEvery: '50s' });

  it('is released when the course closes between quote and capture', async () => {
    const { lms, discovery } = shop.peers;
    const course = { key: CLOSING, title: 'Closing', enrollmentEnd: null };
    const seats = [{ mode: 'verified', price: '49.00', currency: 'USD' }];
    lms.addCourse({ ...course, seats });
    discovery.addCourse({ ...course, seats });
    const begun = await shop.begin({ course: CLOSING });
    lms.closeCourse(CLOSING);
    await shop.pay(begun.answer);
    await expectCalledOff(begun, 'declined');
    expect(shop.peers.stripe.ledger.of('authorized').some(({ intent }) => intent === begun.payment)).toBe(
      true,
    );
  });

  it('may be declined, and is paid with the next card', async () => {
    const begun = await shop.begin();
    for (const card of ['pm_card_chargeDeclined', 'pm_card_visa_chargeDeclinedInsufficientFunds']) {
      expect((await shop.pay(begun.answer, card)).error?.code).toBe('card_declined');
      await pause(200);
      expect(await shop.payable(begun)).toMatchObject({
        body: { status: 'paying', next: 'confirm-payment' },
      });
    }
    await shop.pay(begun.answer);
    await expectSold(begun);
  });

  it('is pending for as long as 3-D Secure asks for something, and counts once that is done', async () => {
    const begun = await shop.begin();
    const confirmed = await shop.pay(begun.answer, 'pm_card_threeDSecure2Required');
    expect(confirmed.intent?.status).toBe('requires_action');
    await shop.peers.stripe.webhooks.settled();
    await shop.say(begun, 'payment.returned');
    await pause(300);
    expect(shop.ledgers(begun)).toMatchObject({ orders: ['opened'], captures: [], enrollments: [] });
    expect((await shop.payable(begun)).body.status).toBe('paying');
    shop.peers.stripe.complete3ds(begun.payment);
    await expectSold(begun);
  });

  it('may fail its 3-D Secure, and is paid with another card', async () => {
    const begun = await shop.begin();
    await shop.pay(begun.answer, 'pm_card_threeDSecure2Required');
    shop.peers.stripe.fail3ds(begun.payment);
    await shop.peers.stripe.webhooks.settled();
    await shop.pay(begun.answer, 'pm_card_mastercard');
    await expectSold(begun);
  });

  it('is noticed by the browser that comes back, when all webhooks are lost', async () => {
    const lost = shop.peers.stripe.webhooks.arm({ kind: 'lose', times: 'always' });
    const begun = await shop.begin();
    await shop.pay(begun.answer);
    const looks = looksAt(shop, begun);
    expect((await shop.say(begun, 'payment.returned')).status).toBe(202);
    await expectSold(begun);
    expect(looksAt(shop, begun)).toBeGreaterThan(looks);
    expect(lost.observed).toBeGreaterThan(0);
  });

  it('is not believed to a browser that comes back without having paid', async () => {
    const begun = await shop.begin();
    for (let n = 0; n < 3; n++) await shop.say(begun, 'payment.returned');
    await pause(300);
    expect(shop.ledgers(begun)).toMatchObject({ orders: ['opened'], captures: [], enrollments: [] });
    await shop.say(begun, 'purchase.cancel');
    await expectCalledOff(begun, 'canceled');
  });

  it('counts once when its webhooks come twice and in the wrong order', async () => {
    const { webhooks } = shop.peers.stripe;
    const held = webhooks.arm({ kind: 'hold', times: 'always' });
    const begun = await shop.begin();
    await shop.pay(begun.answer, 'pm_card_chargeDeclined');
    await shop.pay(begun.answer);
    webhooks.disarm();
    const doubled = webhooks.arm({ kind: 'duplicate', times: 'always', copies: 3 });
    webhooks.releaseHeld('reversed');
    await expectSold(begun);
    await webhooks.settled();
    for (const { id } of webhooks.events()) webhooks.resend(id);
    await webhooks.settled();
    expect([held.observed, doubled.observed].every((count) => count > 0)).toBe(true);
    expect(shop.ledgers(begun)).toEqual(sold());
  });

  it('is not lost when its webhook comes before we know the payment', async () => {
    const learner = shop.newLearner();
    const opening = shop.peers.orders.faults.arm({
      ...{ match: { method: 'POST', path: '/v1/orders', contains: `"customer":"${learner}"` } },
      kind: 'hold-after',
    });
    const creating = shop.peers.stripe.faults.arm({
      ...{ match: { method: 'POST', path: '/v1/payment_intents$' } },
      kind: 'hold-after',
    });
    const buying = shop.begin({ learner });
    await opening.reached;
    opening.release();
    await creating.reached;
    await shop.peers.stripe.webhooks.settled();
    const early = await shop.journal.rows<{ state: string }>(
      'SELECT state FROM inbox WHERE reference = ? ORDER BY id',
      [shop.peers.stripe.intents().at(-1)?.id ?? ''],
    );
    expect(early).toHaveLength(1);
    creating.release();
    const begun = await buying;
    expect(begun.payment).toBe(shop.peers.stripe.intents().at(-1)?.id);
    await shop.pay(begun.answer);
    await expectSold(begun);
    const left = await shop.journal.rows(
      `SELECT state FROM inbox WHERE reference = ? AND state NOT IN ('consumed', 'late')`,
      [begun.payment],
    );
    expect(left).toEqual([]);
  });

  it('is called off when the learner gives up before paying', async () => {
    const begun = await shop.begin();
    expect((await shop.say(begun, 'purchase.cancel')).status).toBe(202);
    await expectCalledOff(begun, 'canceled');
    expect((await shop.pay(begun.answer)).error?.code).toBe('payment_intent_unexpected_state');
    expect((await shop.say(begun, 'purchase.cancel')).status).toBe(409);
  });

  it('is kept or called off as a whole when the learner gives up and pays at once', async () => {
    const act = {
      cancel: (begun: Begun) => shop.say(begun, 'purchase.cancel'),
      pay: (begun: Begun) => shop.pay(begun.answer),
    };
    const race = async (first: 'cancel' | 'pay', second: 'cancel' | 'pay', waitMs: number) => {
      const begun = await shop.begin();
      const later = pause(waitMs).then<unknown>(() => act[second](begun));
      await Promise.all([act[first](begun), later]);
      return expectWholeOutcome(begun);
    };
    const waits = [0, 10, 30, 100];
    await Promise.all(waits.map((waitMs) => race('pay', 'cancel', waitMs)));
    await Promise.all(waits.map((waitMs) => race('cancel', 'pay', waitMs)));
  });
});

/** Either the learner paid and is enrolled, or nobody holds anything. */
const expectWholeOutcome = async (begun: Begun): Promise<string> => {
  const status = await shop.ending(begun);
  const ledgers = shop.ledgers(begun);
  if (status === 'completed') expect(ledgers).toEqual(sold());
  else {
    expect(['canceled', 'expired']).toContain(status);
    expect(ledgers).toEqual(CALLED_OFF);
  }
  return status;
};

describe('a payment with a deadline', () => {
  open({ payWithin: '2500ms', lookEvery: '600ms' });

  it('expires when nobody pays, and can be paid no more', async () => {
    const begun = await shop.begin();
    await expectCalledOff(begun, 'expired');
    expect((await shop.pay(begun.answer)).error?.code).toBe('payment_intent_unexpected_state');
    expect(shop.ledgers(begun)).toEqual(CALLED_OFF);
  });

  it('is found by asking, when all webhooks are lost and no browser comes back', async () => {
    const lost = shop.peers.stripe.webhooks.arm({ kind: 'lose', times: 'always' });
    const begun = await shop.begin();
    await shop.pay(begun.answer);
    await expectSold(begun);
    expect(lost.observed).toBeGreaterThan(0);
  });

  it('is the processor’s to decide when the learner pays at the deadline', async () => {
    shop.peers.stripe.webhooks.arm({ kind: 'lose', times: 'always' });
    const begun = await Promise.all(Array.from({ length: 8 }, () => shop.begin()));
    const start = performance.now();
    const outcomes = await Promise.all(
      begun.map(async (one, n) => {
        await pause(Math.max(2_150 + n * 75 - (performance.now() - start), 0));
        await shop.pay(one.answer);
        return expectWholeOutcome(one);
      }),
    );
    expect(outcomes).not.toContain('declined');
  });

  it.each(['hold-before', 'hold-after'] as const)(
    'takes nothing when the learner pays while the processor is told to end it (%s)',
    async (kind) => {
      const begun = await shop.begin();
      const ending = shop.peers.stripe.faults.arm({
        match: { method: 'POST', path: `/v1/payment_intents/${begun.payment}/cancel` },
        kind,
      });
      await ending.reached;
      const paid = await shop.pay(begun.answer);
      ending.release();
      expect(paid.intent?.status).toBe(kind === 'hold-before' ? 'requires_capture' : undefined);
      await expectCalledOff(begun, 'expired');
    },
  );

  it('waits on for a bank that is working on it, and counts when the money comes', async () => {
    const begun = await shop.begin();
    await shop.pay(begun.answer, 'pm_usBankAccount');
    await shop.until(begun, ['pending']);
    expect(stateOf(shop, begun)).toBe('processing');
    await pause(1_000);
    expect(shop.ledgers(begun)).toMatchObject({ captures: [], enrollments: [] });
    shop.peers.stripe.succeedProcessing(begun.payment);
    await expectSold(begun);
  });

  it('ends when a bank that was working on it at the deadline refuses', async () => {
    const begun = await shop.begin();
    await shop.pay(begun.answer, 'pm_usBankAccount');
    await shop.until(begun, ['pending']);
    shop.peers.stripe.failProcessing(begun.payment);
    await shop.until(begun, ['expired'], 10_000);
    expect(shop.ledgers(begun)).toEqual(CALLED_OFF);
  });
});
