import { createHmac } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { StripeEvent } from './objects.ts';

export type Delivery = {
  readonly event: string;
  readonly type: string;
  readonly attempt: number;
  readonly at: string;
  /** What our endpoint answered; `failed` when no answer came. */
  readonly status: number | 'failed';
};

/** Delays between tries in milliseconds; short, because a test waits. Stripe tries for three days. */
const retryDelays = [50, 100, 200, 400, 800, 1600, 3200, 3200, 3200];

export type Sender = {
  readonly setEndpoint: (url: string | undefined) => void;
  /** Sends these one after the other; two calls run side by side. Without an endpoint nothing is sent. */
  readonly send: (...events: readonly StripeEvent[]) => void;
  readonly deliveries: () => readonly Delivery[];
  readonly settled: () => Promise<void>;
  /** Gives up what is under way, and forgets the deliveries. */
  readonly reset: () => void;
};

/** Delivers events: signed, and again while the endpoint does not answer 2xx. */
export const createSender = (secrets: readonly string[]): Sender => {
  const running = new Set<Promise<void>>();
  let endpoint: string | undefined;
  let deliveries: Delivery[] = [];
  let ending = new AbortController();

  const deliver = async (event: StripeEvent, signal: AbortSignal) => {
    for (let attempt = 1; endpoint && !signal.aborted; attempt += 1) {
      const at = new Date().toISOString();
      const status = await post(endpoint, JSON.stringify(event), { secrets, signal });
      if (signal.aborted) return;
      deliveries.push({ event: event.id, type: event.type, attempt, at, status });
      const pause = retryDelays[attempt - 1];
      if ((status !== 'failed' && status >= 200 && status < 300) || pause === undefined) return;
      await sleep(pause, undefined, { signal }).catch(() => {});
    }
  };
  const deliverAll = async (events: readonly StripeEvent[], signal: AbortSignal) => {
    for (const event of events) await deliver(event, signal);
  };
  return {
    setEndpoint: (url) => {
      endpoint = url;
    },
    send: (...events) => {
      const sending = deliverAll(events, ending.signal).finally(() => running.delete(sending));
      running.add(sending);
    },
    deliveries: () => [...deliveries],
    settled: async () => {
      while (running.size) await Promise.all(running);
    },
    reset: () => {
      ending.abort();
      ending = new AbortController();
      deliveries = [];
    },
  };
};

type Posting = { readonly secrets: readonly string[]; readonly signal: AbortSignal };

const post = async (to: string, body: string, { secrets, signal }: Posting): Promise<number | 'failed'> => {
  const headers = {
    'content-type': 'application/json; charset=utf-8',
    'stripe-signature': sign(body, secrets),
  };
  const limit = AbortSignal.any([signal, AbortSignal.timeout(5000)]);
  try {
    const response = await fetch(to, { method: 'POST', headers, body, signal: limit, redirect: 'manual' });
    await response.arrayBuffer();
    return response.status;
  } catch {
    return 'failed';
  }
};

/** One `v1` per secret, as Stripe sends while a secret is being rolled. */
const sign = (body: string, secrets: readonly string[]): string => {
  const at = Math.floor(Date.now() / 1000);
  const signatures = secrets.map(
    (secret) => `v1=${createHmac('sha256', secret).update(`${at}.${body}`).digest('hex')}`,
  );
  return [`t=${at}`, ...signatures].join(',');
};
