import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import Stripe from 'stripe';
import { confirmCard } from './browser.ts';
import { startStripe, type StripePeer } from './stripe/start-stripe.ts';
import { secrets } from './world.ts';

const order = 'CC-100001';
const stripeKeys = secrets.stripe;
let peer: StripePeer;
let client: Stripe;

beforeAll(async () => {
  peer = await startStripe(stripeKeys);
  client = new Stripe(stripeKeys.secretKey, {
    host: '127.0.0.1',
    port: peer.port,
    protocol: 'http',
    maxNetworkRetries: 0,
    telemetry: false,
  });
});
afterAll(() => peer.stop());
beforeEach(() => peer.reset());

const open = (options: Partial<Stripe.PaymentIntentCreateParams> = {}, key?: string) =>
  client.paymentIntents.create(
    { amount: 4900, currency: 'usd', capture_method: 'manual', metadata: { order }, ...options },
    key ? { idempotencyKey: key } : {},
  );
const payAs = (intent: Stripe.PaymentIntent, card = 'pm_card_visa') =>
  confirmCard({
    stripeUrl: peer.url,
    publishableKey: stripeKeys.publishableKey,
    clientSecret: intent.client_secret ?? '',
    card,
  });
const authorized = async () => {
  const intent = await open();
  await payAs(intent);
  return intent.id;
};
const captured = async () => client.paymentIntents.capture(await authorized());
const failure = (call: Promise<unknown>): Promise<Stripe.errors.StripeError> =>
  call.then(
    () => Promise.reject(new Error('should have been refused')),
    (error: unknown) =>
      error instanceof Stripe.errors.StripeError ? error : Promise.reject(new Error(String(error))),
  );

describe('a payment', () => {
  it('is authorized by the browser, captured once, and given back in parts, never beyond what was taken', async () => {
    const intent = await open({ receipt_email: 'ada@example.com' });
    expect(intent).toMatchObject({ status: 'requires_payment_method', metadata: { order }, amount: 4900 });
    expect((await payAs(intent)).intent).toMatchObject({ status: 'requires_capture' });
    expect(await client.paymentIntents.retrieve(intent.id)).toMatchObject({ amount_capturable: 4900 });
    expect(await client.paymentIntents.capture(intent.id)).toMatchObject({
      status: 'succeeded',
      amount_received: 4900,
    });
    expect(await failure(client.paymentIntents.capture(intent.id))).toMatchObject({
      code: 'payment_intent_unexpected_state',
      payment_intent: { id: intent.id, status: 'succeeded' },
    });

    await client.refunds.create({ payment_intent: intent.id, amount: 1900, metadata: { line: '1' } });
    expect(await failure(client.refunds.create({ payment_intent: intent.id, amount: 3001 }))).toMatchObject({
      code: 'amount_too_large',
    });
    await client.refunds.create({ payment_intent: intent.id });
    expect(await failure(client.refunds.create({ payment_intent: intent.id }))).toMatchObject({
      code: 'charge_already_refunded',
    });
    expect((await client.refunds.list({ payment_intent: intent.id })).data.map((one) => one.amount)).toEqual([
      3000, 1900,
    ]);
    expect([peer.captures(order), peer.refunded(order)]).toEqual([4900, 4900]);
    expect(peer.ledger.all().map((entry) => entry.kind)).toEqual([
      'intent-created',
      'authorized',
      'captured',
      'refunded',
      'refunded',
    ]);
  });

  it('takes the money at once where capture is automatic, with the charge shown in full on request', async () => {
    const intent = await open({
      capture_method: 'automatic',
      payment_method: 'pm_card_visa',
      confirm: true,
      expand: ['latest_charge'],
    });
    expect(intent).toMatchObject({ status: 'succeeded', latest_charge: { amount_captured: 4900 } });
    expect(await failure(client.paymentIntents.cancel(intent.id))).toMatchObject({
      statusCode: 400,
      code: 'payment_intent_unexpected_state',
    });
  });

  it('stays open for the next attempt after a declined card', async () => {
    const intent = await open();
    const declined = await payAs(intent, 'pm_card_visa_chargeDeclinedInsufficientFunds');
    expect(declined.error).toMatchObject({ type: 'card_error', decline_code: 'insufficient_funds' });
    const waiting = await client.paymentIntents.retrieve(intent.id);
    expect(waiting.status).toBe('requires_payment_method');
    expect(waiting.last_payment_error?.code).toBe('card_declined');
    expect((await payAs(intent)).intent?.status).toBe('requires_capture');
    expect(
      await failure(
        client.paymentIntents.confirm((await open()).id, { payment_method: 'pm_card_chargeDeclined' }),
      ),
    ).toMatchObject({ statusCode: 402, type: 'StripeCardError' });
  });

  it('waits for 3-D Secure, which the learner may fail and try again', async () => {
    const intent = await open();
    expect((await payAs(intent, 'pm_card_threeDSecure2Required')).intent?.status).toBe('requires_action');
    peer.fail3ds(intent.id);
    expect((await client.paymentIntents.retrieve(intent.id)).last_payment_error?.code).toBe(
      'payment_intent_authentication_failure',
    );
    await payAs(intent, 'pm_card_threeDSecure2Required');
    await fetch(`${peer.url}/_peer/3ds/${intent.id}/complete`, { method: 'POST' });
    expect((await client.paymentIntents.retrieve(intent.id)).status).toBe('requires_capture');
  });

  it('is canceled before the money is taken, and then takes no card', async () => {
    const id = await authorized();
    expect(await client.paymentIntents.cancel(id, { cancellation_reason: 'abandoned' })).toMatchObject({
      status: 'canceled',
    });
    expect(await failure(client.paymentIntents.capture(id))).toMatchObject({ statusCode: 400 });
    expect(peer.captures(order)).toBe(0);
  });

  it('arrives late with a slow method', async () => {
    const intent = await open({ capture_method: 'automatic' });
    expect((await payAs(intent, 'pm_usBankAccount')).intent?.status).toBe('processing');
    peer.succeedProcessing(intent.id);
    expect(peer.captures(order)).toBe(4900);
  });

  it('is found again in the list, newest first, page by page', async () => {
    const ids: string[] = [];
    for (let made = 0; made < 5; made += 1) ids.unshift((await open()).id);
    const seen: string[] = [];
    for await (const { id } of client.paymentIntents.list({ limit: 2, created: { gte: 1 } })) seen.push(id);
    expect(seen).toEqual(ids);
    expect((await client.paymentIntents.list({ created: { gt: 4e9 } })).data).toEqual([]);
  });
});

describe('a refund', () => {
  it('may stay pending, then succeed or fail, even after it had succeeded', async () => {
    const { id } = await captured();
    peer.startRefundsPending();
    const refund = await client.refunds.create({ payment_intent: id });
    expect([refund.status, peer.refunded(order)]).toEqual(['pending', 0]);
    peer.succeedRefund(refund.id);
    expect([(await client.refunds.retrieve(refund.id)).status, peer.refunded(order)]).toEqual([
      'succeeded',
      4900,
    ]);
    await fetch(`${peer.url}/_peer/refunds/${refund.id}/fail`, { method: 'POST' });
    expect([(await client.refunds.retrieve(refund.id)).status, peer.refunded(order)]).toEqual(['failed', 0]);
    await client.refunds.create({ payment_intent: id });
    expect(peer.refunded(order)).toBe(4900);
  });
});

describe('an Idempotency-Key', () => {
  it('gives the first answer again and does the work once', async () => {
    const first = await open({}, 'key-1');
    const again = await open({}, 'key-1');
    expect(again.id).toBe(first.id);
    expect(again.lastResponse.headers['idempotent-replayed']).toBe('true');
    expect(peer.ledger.of('intent-created')).toHaveLength(1);
    peer.expireKeys();
    expect((await open({}, 'key-1')).id).not.toBe(first.id);
  });

  it('refuses other parameters', async () => {
    await open({}, 'key-1');
    expect(await failure(open({ amount: 5000 }, 'key-1'))).toMatchObject({
      statusCode: 400,
      type: 'StripeIdempotencyError',
    });
  });

  it('keeps a 500 once the work had begun, whether or not it was done', async () => {
    const fault = peer.faults.arm({ match: { contains: 'key-1' }, kind: 'stored-500', worked: true });
    expect(await failure(open({}, 'key-1'))).toMatchObject({ statusCode: 500, type: 'StripeAPIError' });
    expect(await failure(open({}, 'key-1'))).toMatchObject({ statusCode: 500 });
    expect(peer.ledger.of('intent-created')).toHaveLength(1);
    expect(fault.observed).toBe(1);
    await open({}, 'key-2');
    expect(peer.ledger.of('intent-created')).toHaveLength(2);
  });

  it('keeps nothing of a request that was not valid, nor of one that met a 503 at the door', async () => {
    expect(await failure(open({ amount: 3 }, 'key-1'))).toMatchObject({ code: 'amount_too_small' });
    await open({ amount: 5000 }, 'key-1');
    peer.faults.arm({ match: { contains: 'key-2' }, kind: 'status' });
    expect(await failure(open({}, 'key-2'))).toMatchObject({ statusCode: 503 });
    await open({}, 'key-2');
  });

  it('answers 409 while the first request is under way', async () => {
    const held = peer.faults.arm({ match: { contains: 'key-1' }, kind: 'hold-before' });
    const first = open({}, 'key-1');
    await held.reached;
    expect(await failure(open({}, 'key-1'))).toMatchObject({
      statusCode: 409,
      code: 'idempotency_key_in_use',
    });
    held.release();
    expect((await first).status).toBe('requires_payment_method');
  });

  it('makes the client’s own repeat after a closed connection harmless', async () => {
    const lost = peer.faults.arm({ match: { method: 'POST' }, kind: 'drop-after' });
    await open();
    expect(lost.observed).toBe(1);
    expect(peer.requests.count({ method: 'POST', path: '/v1/payment_intents' })).toBe(2);
    expect(peer.ledger.of('intent-created')).toHaveLength(1);
  });
});

describe('what Stripe refuses', () => {
  it('is a wrong key, an unknown parameter, an unknown intent, a browser without its secret', async () => {
    const wrong = new Stripe('sk_test_wrong', { host: '127.0.0.1', port: peer.port, protocol: 'http' });
    expect(await failure(wrong.paymentIntents.list())).toMatchObject({ statusCode: 401 });
    // @ts-expect-error a misspelt parameter
    expect(await failure(open({ amout: 3 }))).toMatchObject({ code: 'parameter_unknown', param: 'amout' });
    expect(await failure(client.paymentIntents.retrieve('pi_none'))).toMatchObject({
      statusCode: 404,
      code: 'resource_missing',
    });
    const intent = await open();
    const forged = await payAs({ ...intent, client_secret: `${intent.id}_secret_forged` });
    expect(forged.error?.type).toBe('invalid_request_error');
  });
});

describe('a webhook', () => {
  const listen = async (answers: number[]) => {
    const received: Stripe.Event[] = [];
    const [secret] = stripeKeys.webhookSecrets;
    const server = createServer((req, res) => {
      const chunks: Buffer[] = [];
      req.on('data', (chunk: Buffer) => chunks.push(chunk));
      req.on('end', () => {
        const signature = String(req.headers['stripe-signature']);
        received.push(client.webhooks.constructEvent(Buffer.concat(chunks), signature, secret));
        res.writeHead(answers.shift() ?? 200).end();
      });
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    peer.webhooks.setEndpoint(`http://127.0.0.1:${(server.address() as AddressInfo).port}/hook`);
    const close = async () => {
      peer.webhooks.setEndpoint(undefined);
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    };
    return { received, [Symbol.asyncDispose]: close };
  };

  it('is signed as the client verifies it, and sent again until it is answered 2xx', async () => {
    await using endpoint = await listen([500, 503]);
    await open();
    await peer.webhooks.settled();
    expect(endpoint.received.map(({ id }) => id)).toHaveLength(3);
    expect(new Set(endpoint.received.map(({ id }) => id)).size).toBe(1);
    expect(endpoint.received[0]).toMatchObject({
      type: 'payment_intent.created',
      data: { object: { metadata: { order } } },
    });
    expect(peer.webhooks.deliveries().map(({ status }) => status)).toEqual([500, 503, 200]);
  });

  it('tells each change', async () => {
    await using endpoint = await listen([]);
    const { id } = await captured();
    await client.refunds.create({ payment_intent: id });
    await peer.webhooks.settled();
    expect(endpoint.received.map(({ type }) => type).sort()).toEqual([
      'charge.captured',
      'charge.refunded',
      'payment_intent.amount_capturable_updated',
      'payment_intent.created',
      'payment_intent.succeeded',
      'refund.created',
    ]);
  });

  it('can be lost, doubled, held back and reversed, and each of these is counted', async () => {
    await using endpoint = await listen([]);
    const lost = peer.webhooks.arm({ kind: 'lose', type: 'payment_intent.created' });
    const doubled = peer.webhooks.arm({ kind: 'duplicate', type: 'payment_intent.amount', copies: 3 });
    const held = peer.webhooks.arm({ kind: 'hold', times: 'always' });
    await captured();
    await peer.webhooks.settled();
    expect(endpoint.received).toHaveLength(3);
    peer.webhooks.releaseHeld('reversed');
    await peer.webhooks.settled();
    expect(endpoint.received.slice(3).map(({ type }) => type)).toEqual([
      'payment_intent.succeeded',
      'charge.captured',
    ]);
    peer.webhooks.resend(endpoint.received[3]?.id ?? '');
    await peer.webhooks.settled();
    expect(endpoint.received[5]?.id).toBe(endpoint.received[3]?.id);
    expect([lost.observed, doubled.observed, held.observed]).toEqual([1, 1, 2]);
  });
});
