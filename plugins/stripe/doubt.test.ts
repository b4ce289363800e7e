import { confirmCard } from '../../test/peers/browser.ts';
import { startStripe, type StripePeer } from '../../test/peers/stripe/start-stripe.ts';
import { RetryableError } from '../sdk/index.ts';
import { actionOf, type CallOptions, callFor, failureOf, type TestCall } from '../sdk/testing.ts';
import { stripe } from './plugin.ts';
import type { Settings } from './settings.ts';

const keys = {
  secretKey: 'sk_test_plugin',
  publishableKey: 'pk_test_plugin',
  webhookSecrets: ['whsec_1'],
};
const USD = (amount: number) => ({ amount, currency: 'USD' });
const ORDER = 'ORD-1';
const START = { order: ORDER, attempt: 1, amount: USD(4_900) };

let peer: StripePeer;
beforeAll(async () => {
  peer = await startStripe(keys);
});
afterEach(() => peer.reset());
afterAll(() => peer.stop());

const call = (options: CallOptions = {}): TestCall<Settings> =>
  callFor(stripe, { url: peer.url, ...keys }, options);

const started = async (): Promise<string> =>
  (await actionOf(stripe, 'payment.start').run(START, call({ key: 'start/1', flow: { id: 'purchase:1' } })))
    .payment;

/** The learner pays with a test card, as Stripe's own script in the browser would. */
const confirm = async (payment: string, card = 'pm_card_visa'): Promise<void> => {
  const { clientSecret } = await actionOf(stripe, 'payment.secret').run({ payment }, call());
  await confirmCard({ stripeUrl: peer.url, publishableKey: keys.publishableKey, clientSecret, card });
};
const authorized = async (card?: string): Promise<string> => {
  const payment = await started();
  await confirm(payment, card);
  return payment;
};
const captured = async (): Promise<string> => {
  const payment = await authorized();
  await actionOf(stripe, 'payment.capture').run(
    { order: ORDER, payment, amount: USD(4_900) },
    call({ key: 'capture/1' }),
  );
  return payment;
};

describe('a lost answer', () => {
  const LOST = ['drop-after', 'reset-after', 'status-after'] as const;

  test.each(LOST)(
    'to a start (%s) is found by our key, and a repeat makes no second payment',
    async (kind) => {
      const fault = peer.faults.arm({ match: { method: 'POST', path: '/v1/payment_intents' }, kind });
      const lost = call({ key: 'start/1', flow: { id: 'purchase:1' } });
      const failure = await failureOf(actionOf(stripe, 'payment.start').run(START, lost));
      expect(failure).toBeInstanceOf(RetryableError);
      expect(failure).toMatchObject({ code: 'service.unavailable' });
      expect(lost.http.mayHaveWritten()).toBe(true);
      expect(fault.observed).toBe(1);
      expect(peer.requests.count({ method: 'POST', path: '/v1/payment_intents' })).toBe(1);
      const [intent] = peer.intents();
      expect(await actionOf(stripe, 'payment.start').lookUp(START, call({ key: 'start/1' }))).toEqual({
        found: { payment: intent?.id },
      });
      expect(await started()).toBe(intent?.id);
      expect(peer.intents()).toHaveLength(1);
    },
  );

  test.each(LOST)('to a capture (%s) is found in the payment', async (kind) => {
    const payment = await authorized();
    const capture = { order: ORDER, payment, amount: USD(4_900) };
    const fault = peer.faults.arm({ match: { method: 'POST', path: '/capture$' }, kind });
    const lost = call({ key: 'capture/1' });
    await failureOf(actionOf(stripe, 'payment.capture').run(capture, lost));
    expect(lost.http.mayHaveWritten()).toBe(true);
    expect(fault.observed).toBe(1);
    expect(await actionOf(stripe, 'payment.capture').lookUp(capture, lost)).toMatchObject({
      found: { status: 'captured' },
    });
    expect(await actionOf(stripe, 'payment.capture').run(capture, call({ key: 'capture/1' }))).toMatchObject({
      status: 'captured',
    });
    expect(peer.captures(ORDER)).toBe(4_900);
  });

  test.each(LOST)('to a cancel (%s) is found in the payment', async (kind) => {
    const payment = await authorized();
    const cancel = { order: ORDER, attempt: 1, payment, unlessPaid: false };
    const fault = peer.faults.arm({ match: { method: 'POST', path: '/cancel$' }, kind });
    await failureOf(actionOf(stripe, 'payment.cancel').run(cancel, call({ key: 'cancel/1' })));
    expect(fault.observed).toBe(1);
    expect(await actionOf(stripe, 'payment.cancel').lookUp(cancel, call({ key: 'cancel/1' }))).toMatchObject({
      found: { status: 'canceled' },
    });
    expect(peer.ledger.of('canceled')).toHaveLength(1);
  });

  test.each(LOST)('to a refund (%s) is found by our key', async (kind) => {
    const payment = await captured();
    const refund = { order: ORDER, attempt: 1, payment, refund: 'all', amount: USD(4_900) };
    const fault = peer.faults.arm({ match: { method: 'POST', path: '/v1/refunds' }, kind });
    await failureOf(actionOf(stripe, 'payment.refund').run(refund, call({ key: 'refund/1' })));
    expect(fault.observed).toBe(1);
    expect(await actionOf(stripe, 'payment.refund').lookUp(refund, call({ key: 'refund/1' }))).toMatchObject({
      found: { status: 'succeeded' },
    });
    expect(peer.refunded(ORDER)).toBe(4_900);
  });

  test.each([
    [true, { found: expect.objectContaining({ status: 'captured' }) }],
    [false, 'absent'],
  ])(
    'that Stripe stored as a 500 (work done: %s) comes again, and the look-up tells the truth',
    async (worked, truth) => {
      const payment = await authorized();
      const capture = { order: ORDER, payment, amount: USD(4_900) };
      const { run, lookUp } = actionOf(stripe, 'payment.capture');
      const fault = peer.faults.arm({ match: { path: '/capture$' }, kind: 'stored-500', worked });
      const first = await failureOf(run(capture, call({ key: 'capture/1' })));
      const second = await failureOf(run(capture, call({ key: 'capture/1' })));
      expect([first, second]).toEqual([expect.any(RetryableError), expect.any(RetryableError)]);
      expect(fault.observed).toBe(1);
      expect(await lookUp(capture, call({ key: 'capture/1' }))).toEqual(truth);
      expect(await run(capture, call({ key: 'capture/2' }))).toMatchObject({ status: 'captured' });
      expect(peer.captures(ORDER)).toBe(4_900);
    },
  );

  test('is told from work that never began', async () => {
    const payment = await authorized();
    const capture = { order: ORDER, payment, amount: USD(4_900) };
    const fault = peer.faults.arm({ match: { path: '/capture$' }, kind: 'drop-before' });
    await failureOf(actionOf(stripe, 'payment.capture').run(capture, call({ key: 'capture/1' })));
    expect(fault.observed).toBe(1);
    expect(await actionOf(stripe, 'payment.capture').lookUp(capture, call())).toBe('absent');
    const cancel = { order: ORDER, attempt: 1, payment, unlessPaid: true };
    expect(await actionOf(stripe, 'payment.cancel').lookUp(cancel, call())).toBe('absent');
    const refund = { order: ORDER, attempt: 1, payment, refund: 'all', amount: USD(4_900) };
    expect(await actionOf(stripe, 'payment.refund').lookUp(refund, call({ key: 'refund/1' }))).toBe('absent');
    expect(await actionOf(stripe, 'payment.start').lookUp(START, call({ key: 'start/2' }))).toBe('absent');
  });

  test('is looked for beyond the first page', async () => {
    const payment = await started();
    await Promise.all(
      Array.from({ length: 120 }, (_, index) =>
        actionOf(stripe, 'payment.start').run(
          { ...START, attempt: index + 2 },
          call({ key: `other/${index}`, timeoutMs: 20_000 }),
        ),
      ),
    );
    expect(await actionOf(stripe, 'payment.start').lookUp(START, call({ key: 'start/1' }))).toEqual({
      found: { payment },
    });
    expect(peer.requests.count({ method: 'GET', path: '/v1/payment_intents' })).toBe(2);
  });
});

describe('a failure', () => {
  test.each([
    ['drop-before', 'service.unavailable'],
    ['hang', 'service.unavailable'],
    ['status', 'service.unavailable'],
  ] as const)('of the line or of Stripe itself (%s) is tried again', async (kind, code) => {
    const payment = await started();
    const fault = peer.faults.arm({ match: { method: 'GET' }, kind });
    const find = actionOf(stripe, 'payment.find').run({ order: ORDER, payment }, call({ timeoutMs: 200 }));
    expect(await failureOf(find)).toMatchObject({ name: 'RetryableError', code });
    expect(fault.observed).toBe(1);
  });

  test('by too many calls keeps the time that Stripe names', async () => {
    const payment = await started();
    const headers = { 'retry-after': '7' };
    const fault = peer.faults.arm({ match: { method: 'GET' }, kind: 'status', status: 429, headers });
    const find = actionOf(stripe, 'payment.find').run({ order: ORDER, payment }, call());
    expect(await failureOf(find)).toMatchObject({ code: 'service.throttled', afterMs: 7_000 });
    expect(fault.observed).toBe(1);
  });

  test('because the same key is being worked on leaves the write in doubt', async () => {
    const fault = peer.faults.arm({ match: { method: 'POST' }, kind: 'hold-before' });
    const first = started();
    await fault.reached;
    const second = call({ key: 'start/1', flow: { id: 'purchase:1' } });
    expect(await failureOf(actionOf(stripe, 'payment.start').run(START, second))).toMatchObject({
      code: 'service.unavailable',
    });
    expect(second.http.mayHaveWritten()).toBe(true);
    fault.release();
    await first;
    expect(fault.observed).toBe(1);
  });

  test('to send in time keeps its code through the client library', async () => {
    const late = call({ key: 'start/1', deadline: performance.now() });
    expect(await failureOf(actionOf(stripe, 'payment.start').run(START, late))).toMatchObject({
      code: 'effect.too-late-to-send',
    });
    expect(peer.requests.count({})).toBe(0);
  });

  test('that Stripe explains parks with its code and words, and without secrets', async () => {
    const payment = await started();
    const refund = { order: ORDER, attempt: 1, payment, refund: 'all', amount: USD(4_900) };
    const failure = await failureOf(
      actionOf(stripe, 'payment.refund').run(refund, call({ key: 'refund/1' })),
    );
    expect(failure).toMatchObject({
      name: 'ParkError',
      code: 'service.refused',
      message: expect.stringMatching(
        /^Stripe answered 400 payment_intent_unexpected_state: .*\(request req_/,
      ),
    });
    expect(JSON.stringify([failure, String(failure)])).not.toContain(peer.intents()[0]?.client_secret);
  });

  test('of our own key parks', async () => {
    const wrong = callFor(stripe, { url: peer.url, ...keys, secretKey: 'sk_test_wrong' });
    const failure = await failureOf(
      actionOf(stripe, 'payment.find').run({ order: ORDER, payment: 'pi_1' }, wrong),
    );
    expect(failure).toMatchObject({
      name: 'ParkError',
      message: expect.stringContaining('Stripe answered 401'),
    });
  });

  test('to answer in JSON parks, and leaves the write in doubt', async () => {
    const fault = peer.faults.arm({ match: { method: 'POST' }, kind: 'malformed', body: '<html>' });
    const lost = call({ key: 'start/1' });
    expect(await failureOf(actionOf(stripe, 'payment.start').run(START, lost))).toMatchObject({
      code: 'service.malformed-answer',
    });
    expect(lost.http.mayHaveWritten()).toBe(true);
    expect(fault.observed).toBe(1);
  });
});
