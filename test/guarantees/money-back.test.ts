import { accountOf, CALLED_OFF, COURSE, givenBack, sold } from '../harness/ledgers.ts';
import { type Begun, openShop, type Shop } from '../harness/shop.ts';

let shop: Shop;
beforeAll(async () => {
  shop = await openShop();
}, 120_000);
afterAll(() => shop[Symbol.asyncDispose]());
afterEach(async () => {
  shop.peers.stripe.faults.clear();
  shop.peers.lms.faults.clear();
  expect(await shop.violations()).toEqual([]);
});

const userOf = ({ learner }: Begun): string => accountOf(learner).username;
const forbid = (begun: Begun) => shop.peers.lms.forbid({ user: userOf(begun) });
const enrolling = (begun: Begun) => ({
  method: 'POST',
  path: '/api/enrollment/',
  contains: `"${userOf(begun)}"`,
});
const refunding = ({ payment }: Begun) => ({ method: 'POST', path: '/v1/refunds', contains: payment });

describe('when the LMS refuses what was paid for', () => {
  it('all money goes back once, the order is canceled and the learner is told', async () => {
    const begun = await shop.begin();
    forbid(begun);
    await shop.pay(begun.answer);
    expect(await shop.ending(begun)).toBe('refunded');
    expect(shop.ledgers(begun)).toEqual(givenBack());
    expect((await shop.story(begun.id)).result).toEqual({ status: 'refunded', reason: 'not-allowed' });
    expect(shop.peers.smtp.ledger.all().find(({ subject }) => subject.includes(begun.order))).toMatchObject({
      to: [accountOf(begun.learner).email],
      text: expect.stringContaining('Refunded: 49.00 USD') as string,
    });
    // Nothing of it stands in the way of buying again.
    const again = await shop.buy(begun.learner);
    expect(again.status).toBe(201);
    await shop.say({ id: again.body.id, learner: begun.learner }, 'purchase.cancel');
    expect(await shop.ending({ id: again.body.id, learner: begun.learner })).toBe('canceled');
  });

  it.each(['drop-after', 'reset-after', 'status-after'] as const)(
    'the money goes back once although the answer to the refund is lost (%s)',
    async (kind) => {
      const begun = await shop.begin();
      forbid(begun);
      const lost = shop.peers.stripe.faults.arm({ match: refunding(begun), kind, times: 2 });
      await shop.pay(begun.answer);
      expect(await shop.ending(begun)).toBe('refunded');
      expect(lost.observed).toBeGreaterThanOrEqual(1);
      expect(shop.ledgers(begun)).toEqual(givenBack());
    },
  );

  it('a refund that is pending first is asked for once', async () => {
    const begun = await shop.begin();
    forbid(begun);
    shop.peers.stripe.startRefundsPending();
    await shop.pay(begun.answer);
    expect(await shop.ending(begun)).toBe('refunded');
    expect(shop.ledgers(begun)).toEqual({ ...givenBack(), refunds: [] });
    const pending = shop.peers.stripe.ledger
      .all()
      .flatMap((fact) => (fact.kind === 'refund-pending' && fact.order === begun.order ? [fact.refund] : []));
    expect(pending).toHaveLength(1);
    shop.peers.stripe.succeedRefund(pending[0] ?? '');
    await shop.peers.stripe.webhooks.settled();
    expect(shop.ledgers(begun)).toEqual(givenBack());
  });

  it('a learner who pays nothing gets nothing back, and the order is canceled', async () => {
    const learner = shop.newLearner();
    const course = 'course-v1:edX+FreeX+2026';
    shop.peers.lms.forbid({ user: accountOf(learner).username });
    const { body } = await shop.buy(learner, { course, total: { amount: 0, currency: 'USD' } });
    const bought = { id: body.id, learner, course };
    expect(await shop.ending(bought)).toBe('declined');
    expect(shop.ledgers(bought)).toEqual({ ...CALLED_OFF, intents: [] });
  });
});

describe('when somebody else enrolls the learner', () => {
  it('after the payment and before the capture, the authorization is released', async () => {
    const begun = await shop.begin();
    shop.peers.lms.enroll(userOf(begun), COURSE, 'verified');
    await shop.pay(begun.answer);
    expect(await shop.ending(begun)).toBe('declined');
    expect(shop.ledgers(begun)).toEqual({ ...CALLED_OFF, enrollments: ['enrolled by somebody else'] });
  });

  it('after the capture, the money goes back and their enrollment stays', async () => {
    const begun = await shop.begin();
    const capturing = shop.peers.stripe.faults.arm({
      match: { method: 'POST', path: `/v1/payment_intents/${begun.payment}/capture` },
      kind: 'hold-before',
    });
    await shop.pay(begun.answer);
    await capturing.reached;
    shop.peers.lms.enroll(userOf(begun), COURSE, 'verified');
    capturing.release();
    expect(await shop.ending(begun)).toBe('refunded');
    expect(shop.ledgers(begun)).toEqual({ ...givenBack(), enrollments: ['enrolled by somebody else'] });
    expect(shop.peers.lms.enrollment(userOf(begun), COURSE)).toMatchObject({
      mode: 'verified',
      active: true,
    });
  });
});

describe('when the answer to the grant is lost', () => {
  it.each(['drop-after', 'reset-after', 'status-after'] as const)(
    'the LMS is asked, the learner is enrolled once, and no money goes back (%s)',
    async (kind) => {
      const begun = await shop.begin();
      const lost = shop.peers.lms.faults.arm({ match: enrolling(begun), kind });
      await shop.pay(begun.answer);
      expect(await shop.ending(begun)).toBe('completed');
      expect(lost.observed).toBe(1);
      expect(shop.ledgers(begun)).toEqual(sold());
      const posts = shop.peers.lms.requests.count(enrolling(begun));
      expect(posts).toBe(1);
    },
  );

  it('an upgrade is taken for ours, and what was there before is not', async () => {
    const begun = await shop.begin();
    const auditor = await beginAsAuditor();
    for (const one of [begun, auditor]) {
      shop.peers.lms.faults.arm({ match: enrolling(one), kind: 'drop-after' });
      await shop.pay(one.answer);
    }
    for (const one of [begun, auditor]) expect(await shop.ending(one)).toBe('completed');
    expect(shop.ledgers(begun)).toEqual(sold());
    expect(shop.ledgers(auditor)).toEqual({
      ...sold(),
      enrollments: ['enrolled by somebody else', 'enrolled'],
    });
  });

  const beginAsAuditor = async (): Promise<Begun> => {
    const learner = shop.newLearner();
    shop.peers.lms.enroll(accountOf(learner).username, COURSE, 'audit');
    return shop.begin({ learner });
  };

  it('and the LMS refuses after all, an auditor stays an auditor and the money goes back', async () => {
    const auditor = await beginAsAuditor();
    forbid(auditor);
    await shop.pay(auditor.answer);
    expect(await shop.ending(auditor)).toBe('refunded');
    expect(shop.ledgers(auditor)).toEqual({ ...givenBack(), enrollments: ['enrolled by somebody else'] });
    expect(shop.peers.lms.enrollment(userOf(auditor), COURSE)).toMatchObject({ mode: 'audit', active: true });
  });
});
