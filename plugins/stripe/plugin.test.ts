import { confirmCard } from '../../test/peers/browser.ts';
import { startStripe, type StripePeer } from '../../test/peers/stripe/start-stripe.ts';
import { ParkError } from '../sdk/index.ts';
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

describe('a payment', () => {
  test('is started once under its key, to be captured by us, and names its order, flow and key', async () => {
    const payment = await started();
    expect(await started()).toBe(payment);
    expect(peer.ledger.of('intent-created')).toEqual([
      expect.objectContaining({ intent: payment, order: ORDER, amount: 4_900, currency: 'usd' }),
    ]);
    expect(peer.intents()[0]).toMatchObject({
      capture_method: 'manual',
      metadata: { order: ORDER, flow: 'purchase:1', key: 'start/1' },
    });
  });

  test("is not found for another order: nobody pays with a stranger's money", async () => {
    const payment = await started();
    const find = actionOf(stripe, 'payment.find').run({ order: 'another', payment }, call());
    await expect(find).rejects.toMatchObject({ code: 'stripe.other-order' });
  });

  test('is found as Stripe has it, from the first look to the capture', async () => {
    const payment = await started();
    const find = () => actionOf(stripe, 'payment.find').run({ order: ORDER, payment }, call());
    expect(await find()).toEqual({ status: 'pending', payment });
    await confirm(payment, 'pm_card_chargeDeclined');
    expect(await find()).toEqual({ status: 'pending', payment });
    await confirm(payment);
    expect(await find()).toEqual({ status: 'authorized', payment, service: 'stripe', amount: USD(4_900) });
    const done = { status: 'captured', payment, service: 'stripe', amount: USD(4_900) };
    const capture = { order: ORDER, payment, amount: USD(4_900) };
    expect(await actionOf(stripe, 'payment.capture').run(capture, call({ key: 'capture/1' }))).toEqual(done);
    expect(await find()).toEqual(done);
    expect(peer.captures(ORDER)).toBe(4_900);
  });

  test('gives the browser what it needs to confirm', async () => {
    const payment = await started();
    const secret = await actionOf(stripe, 'payment.secret').run({ payment }, call());
    expect(secret).toEqual({
      clientSecret: peer.intents()[0]?.client_secret,
      publishableKey: keys.publishableKey,
    });
  });

  test('takes yen as whole yen', async () => {
    const amount = { amount: 5_000, currency: 'JPY' };
    await actionOf(stripe, 'payment.start').run({ order: ORDER, attempt: 1, amount }, call({ key: 'yen' }));
    expect(peer.intents()[0]).toMatchObject({ amount: 5_000, currency: 'jpy' });
  });

  test('of another flow under the same key is the first one, not an error and not a second one', async () => {
    const payment = await started();
    const other = call({ key: 'start/1', flow: { id: 'purchase:2' } });
    expect(await actionOf(stripe, 'payment.start').run(START, other)).toEqual({ payment });
    expect(peer.intents()).toHaveLength(1);
  });
});

describe('a capture', () => {
  test('of a payment that somebody else captured answers captured', async () => {
    const payment = await captured();
    const again = { order: ORDER, payment, amount: USD(4_900) };
    expect(
      await actionOf(stripe, 'payment.capture').run(again, call({ key: 'capture/other' })),
    ).toMatchObject({
      status: 'captured',
    });
    expect(peer.captures(ORDER)).toBe(4_900);
  });

  test('of an authorization that has expired answers canceled', async () => {
    const payment = await authorized();
    peer.expireIntent(payment);
    const capture = { order: ORDER, payment, amount: USD(4_900) };
    expect(await actionOf(stripe, 'payment.capture').run(capture, call({ key: 'capture/1' }))).toEqual({
      status: 'canceled',
      payment,
      reason: 'automatic',
    });
  });

  test('of a payment that nobody has confirmed parks, for no such refusal is an answer', async () => {
    const payment = await started();
    const capture = call({ key: 'capture/1' });
    const failure = await failureOf(
      actionOf(stripe, 'payment.capture').run({ order: ORDER, payment, amount: USD(4_900) }, capture),
    );
    expect(failure).toBeInstanceOf(ParkError);
    expect(failure).toMatchObject({ code: 'service.refused', stripeCode: 'payment_intent_unexpected_state' });
    expect(capture.http.mayHaveWritten()).toBe(false);
  });
});

describe('a cancel', () => {
  const cancel = (payment: string, unlessPaid: boolean) =>
    actionOf(stripe, 'payment.cancel').run(
      { order: ORDER, attempt: 1, payment, unlessPaid },
      call({ key: `cancel/${unlessPaid}` }),
    );

  test('ends a payment that nobody has paid', async () => {
    const payment = await started();
    expect(await cancel(payment, true)).toEqual({ status: 'canceled', payment, reason: 'abandoned' });
    expect(peer.ledger.of('canceled')).toHaveLength(1);
  });

  test('unless paid leaves authorized, processing and captured payments alone', async () => {
    expect(await cancel(await authorized(), true)).toMatchObject({ status: 'authorized' });
    peer.reset();
    expect(await cancel(await authorized('pm_usBankAccount'), true)).toMatchObject({ status: 'pending' });
    peer.reset();
    expect(await cancel(await captured(), true)).toMatchObject({ status: 'captured' });
    expect(peer.ledger.of('canceled')).toHaveLength(0);
    expect(peer.requests.count({ method: 'POST', path: '/cancel$' })).toBe(0);
  });

  test('releases an authorization', async () => {
    expect(await cancel(await authorized(), false)).toMatchObject({ status: 'canceled' });
    expect(peer.captures(ORDER)).toBe(0);
  });

  test('that comes too late says captured', async () => {
    expect(await cancel(await captured(), false)).toMatchObject({ status: 'captured', amount: USD(4_900) });
  });

  test('of a processing payment is tried again later', async () => {
    const payment = await authorized('pm_usBankAccount');
    expect(await failureOf(cancel(payment, false))).toMatchObject({
      name: 'RetryableError',
      code: 'payment.processing',
    });
  });

  test('that meets a payment made between look and cancel answers what it is now', async () => {
    const payment = await started();
    const fault = peer.faults.arm({ match: { method: 'POST', path: '/cancel$' }, kind: 'hold-before' });
    const canceling = cancel(payment, true);
    await fault.reached;
    await confirm(payment);
    await actionOf(stripe, 'payment.capture').run(
      { order: ORDER, payment, amount: USD(4_900) },
      call({ key: 'capture/1' }),
    );
    fault.release();
    expect(await canceling).toMatchObject({ status: 'captured' });
    expect(fault.observed).toBe(1);
  });
});

describe('a refund', () => {
  const refund = (payment: string, key: string, amount = 4_900) =>
    actionOf(stripe, 'payment.refund').run(
      { order: ORDER, attempt: 1, payment, refund: 'all', amount: USD(amount) },
      call({ key }),
    );

  test('gives back what was captured, once under its key', async () => {
    const payment = await captured();
    const done = await refund(payment, 'refund/1');
    expect(done).toEqual({
      status: 'succeeded',
      reference: expect.stringMatching(/^re_/),
      service: 'stripe',
    });
    expect(await refund(payment, 'refund/1')).toEqual(done);
    expect(peer.refunded(ORDER)).toBe(4_900);
  });

  test('that the bank has not made yet is pending', async () => {
    const payment = await captured();
    peer.startRefundsPending();
    expect(await refund(payment, 'refund/1')).toMatchObject({ status: 'pending' });
  });

  test('that was ours already, after Stripe forgot its key, is found by our key', async () => {
    const payment = await captured();
    const done = await refund(payment, 'refund/1');
    peer.expireKeys();
    expect(await refund(payment, 'refund/1')).toEqual(done);
    expect(peer.refunded(ORDER)).toBe(4_900);
  });

  test('that somebody else made is not ours to report: a person must look', async () => {
    const payment = await captured();
    await refund(payment, 'somebody else');
    expect(await failureOf(refund(payment, 'refund/1'))).toMatchObject({
      name: 'ParkError',
      code: 'service.refused',
      stripeCode: 'charge_already_refunded',
    });
  });

  test('of more than was captured parks', async () => {
    expect(await failureOf(refund(await captured(), 'refund/1', 5_000))).toMatchObject({
      stripeCode: 'amount_too_large',
    });
  });
});
