import type { PeerOptions } from './kit/start-peer.ts';
import { startLms, type LmsPeer } from './lms/start-lms.ts';
import { startSmtp, type SmtpPeer } from './smtp/start-smtp.ts';
import { startDiscovery, type DiscoveryPeer } from './start-discovery.ts';
import { startOrders, type OrdersPeer } from './start-orders.ts';
import { startSanctions, type SanctionsPeer } from './start-sanctions.ts';
import { startStripe, type StripePeer } from './stripe/start-stripe.ts';
import { secrets } from './world.ts';

export type Peers = AsyncDisposable & {
  readonly stripe: StripePeer;
  readonly lms: LmsPeer;
  readonly discovery: DiscoveryPeer;
  readonly sanctions: SanctionsPeer;
  readonly orders: OrdersPeer;
  readonly smtp: SmtpPeer;
  /** Addresses and secrets, to hand to our processes. */
  readonly env: Readonly<Record<string, string>>;
  /** Where Stripe sends its webhooks, once the API's port is known. */
  readonly setWebhook: (url: string) => void;
  /** Observed faults of all peers: `{ 'stripe drop-after': 1 }`. */
  readonly observed: () => Readonly<Record<string, number>>;
  readonly reset: () => void;
  readonly stop: () => Promise<void>;
};

/** Fixed ports and the first order number; both for peers that are started again beside a journal that remembers. */
export type PeersOptions = {
  readonly ports?: Partial<
    Readonly<Record<'stripe' | 'lms' | 'discovery' | 'sanctions' | 'orders' | 'smtp', number>>
  >;
  readonly firstOrder?: number;
};

/** Starts all six Services of the common world on 127.0.0.1. */
export const startPeers = async ({ ports = {}, firstOrder }: PeersOptions = {}): Promise<Peers> => {
  const at = (port: number | undefined): PeerOptions => (port === undefined ? {} : { port });
  const [stripe, lms, discovery, sanctions, orders, smtp] = await Promise.all([
    startStripe(secrets.stripe, at(ports.stripe)),
    startLms(secrets.lms, at(ports.lms)),
    startDiscovery(at(ports.discovery)),
    startSanctions(secrets.sanctions, at(ports.sanctions)),
    startOrders({
      token: secrets.orders.token,
      ...at(ports.orders),
      ...(firstOrder !== undefined && { firstNumber: firstOrder }),
    }),
    startSmtp(ports.smtp === undefined ? {} : { smtpPort: ports.smtp }),
  ]);
  const all = [stripe, lms, discovery, sanctions, orders, smtp];
  const stop = async () => void (await Promise.all(all.map((peer) => peer.stop())));
  return {
    ...{ stripe, lms, discovery, sanctions, orders, smtp },
    env: {
      STRIPE_URL: stripe.url,
      STRIPE_SECRET_KEY: secrets.stripe.secretKey,
      STRIPE_PUBLISHABLE_KEY: secrets.stripe.publishableKey,
      STRIPE_WEBHOOK_SECRETS: secrets.stripe.webhookSecrets.join(','),
      LMS_URL: lms.url,
      LMS_CLIENT_ID: secrets.lms.clientId,
      LMS_CLIENT_SECRET: secrets.lms.clientSecret,
      DISCOVERY_URL: discovery.url,
      SANCTIONS_URL: sanctions.url,
      SANCTIONS_API_KEY: secrets.sanctions.apiKey,
      ORDERS_URL: orders.url,
      ORDERS_TOKEN: secrets.orders.token,
      SMTP_URL: smtp.smtpUrl,
    },
    setWebhook: stripe.webhooks.setEndpoint,
    observed: () =>
      Object.fromEntries(
        all.flatMap(({ name, faults }) =>
          Object.entries(faults.observed()).map(([kind, count]) => [`${name} ${kind}`, count]),
        ),
      ),
    reset: () => all.forEach((peer) => peer.reset()),
    stop,
    [Symbol.asyncDispose]: stop,
  };
};
