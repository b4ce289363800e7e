import type { Call } from '../kit/start-peer.ts';
import { unauthorized } from './problems.ts';

export type StripeKeys = {
  readonly secretKey: string;
  readonly publishableKey: string;
  readonly webhookSecrets: readonly string[];
};

/** Who calls: the shop with its secret key, or a browser, which may only read and confirm with the client secret in hand. */
export const readCaller = (call: Call, { secretKey, publishableKey }: StripeKeys): 'shop' | 'browser' => {
  const given = keyIn(call);
  if (!given) throw unauthorized('You did not provide an API key.');
  if (given === secretKey) return 'shop';
  if (given !== publishableKey) throw unauthorized(`Invalid API Key provided: ${given.slice(0, 8)}****`);
  if (!/^\/v1\/payment_intents\/[^/]+(\/confirm)?$/.test(call.path))
    throw unauthorized('This API call cannot be made with a publishable API key.');
  return 'browser';
};

/** A browser's Stripe.js puts its publishable key into the form or the query. */
const keyIn = ({ headers, body, query }: Call): string | undefined => {
  const [scheme, value = ''] = (headers['authorization'] ?? '').split(' ');
  if (scheme === 'Bearer') return value;
  if (scheme === 'Basic') return Buffer.from(value, 'base64').toString().split(':')[0];
  return text(body, 'key') ?? text(query, 'key');
};

/** Parameters without the browser's key. */
export const withoutKey = (params: unknown): unknown =>
  params && typeof params === 'object'
    ? Object.fromEntries(Object.entries(params).filter(([name]) => name !== 'key'))
    : params;

const text = (from: unknown, name: string): string | undefined => {
  const value = from && typeof from === 'object' ? new Map(Object.entries(from)).get(name) : undefined;
  return typeof value === 'string' ? value : undefined;
};
