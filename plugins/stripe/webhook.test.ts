import Stripe from 'stripe';
import type { News, RawRequest } from '../sdk/index.ts';
import { stripe } from './plugin.ts';
import { webhook } from './webhook.ts';

const settings = stripe.settings.parse({
  secretKey: 'sk',
  publishableKey: 'pk',
  webhookSecrets: ' whsec_new, whsec_old ',
});

const requestOf = (payload: string, header: string | undefined): RawRequest => ({
  body: new TextEncoder().encode(payload),
  headers: { 'stripe-signature': header },
  query: new URLSearchParams(),
});
const signed = (payload: string, secret: string, secondsAgo = 0): RawRequest => {
  const timestamp = Math.floor(Date.now() / 1_000) - secondsAgo;
  return requestOf(payload, Stripe.webhooks.generateTestHeaderString({ payload, secret, timestamp }));
};
const eventOf = (type: string, object: object): string =>
  JSON.stringify({ id: 'evt_1', object: 'event', type, data: { object } });
const read = (payload: string): readonly News[] => webhook.read(requestOf(payload, undefined), settings);

describe("Stripe's events", () => {
  test('are believed when any active secret signed the raw body, spaces and umlauts included', () => {
    const payload = '{ "name":  "Jürgen" }';
    expect(webhook.verify(signed(payload, 'whsec_new'), settings)).toBe(true);
    expect(webhook.verify(signed(payload, 'whsec_old'), settings)).toBe(true);
  });

  test.each([
    ['another secret', signed('{}', 'whsec_stolen')],
    ['another body', { ...signed('{}', 'whsec_new'), body: new TextEncoder().encode('{ }') }],
    ['an old signature', signed('{}', 'whsec_new', 301)],
    ['no signature', requestOf('{}', undefined)],
    ['an empty signature', requestOf('{}', '')],
    ['nonsense', requestOf('{}', 't=now,v1=é')],
    ['no body', signed('', 'whsec_stolen')],
  ])('are refused with %s, without an exception', (_what, request) => {
    expect(webhook.verify(request, settings)).toBe(false);
  });

  test('about a payment make its flow look, and carry no state', () => {
    const object = { id: 'pi_1', status: 'succeeded', metadata: { flow: 'purchase:1', order: 'ORD-1' } };
    expect(read(eventOf('payment_intent.succeeded', object))).toEqual([
      {
        id: 'evt_1',
        to: { flow: 'purchase:1', reference: 'pi_1' },
        message: 'payment.news',
        data: { payment: 'pi_1' },
      },
    ]);
  });

  test.each([{}, null])(
    'about a payment that names no flow (metadata %j) belong to another shop',
    (metadata) => {
      expect(read(eventOf('payment_intent.canceled', { id: 'pi_1', metadata }))).toEqual([
        { id: 'evt_1', ignore: 'not ours' },
      ]);
    },
  );

  test('about anything else are ignored by name', () => {
    expect(read(eventOf('charge.refunded', { id: 'ch_1' }))).toEqual([
      { id: 'evt_1', ignore: 'charge.refunded' },
    ]);
  });

  test.each(['', 'null', '{}', eventOf('payment_intent.succeeded', {})])(
    'that promise something else (%j) are an error',
    (payload) => {
      expect(() => read(payload)).toThrow(/JSON|Invalid input/);
    },
  );
});
