import { randomUUID } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import { confirmCard } from '../../test/peers/browser.ts';
import type { DemoShop } from './open-shop.ts';

/** A flow as its learner sees it. */
export interface Seen {
  readonly id: string;
  readonly status: string;
  readonly order?: string;
  readonly next?: string;
  readonly payment?: string;
  readonly reason?: string;
  readonly clientSecret?: string;
  readonly publishableKey?: string;
}

export interface Wanted {
  readonly learner: string;
  readonly courseRun: string;
  readonly price: { readonly amount: number; readonly currency: string };
}

/** What a micro-frontend does for one learner, over HTTP alone. */
export interface Mfe {
  start(wanted: Wanted): Promise<Seen>;
  see(id: string): Promise<Seen>;
  /** Confirms the payment at the processor, as Stripe.js does in the browser. */
  pay(begun: Seen, card?: string): Promise<void>;
  /** Polls until the flow has one of these statuses; tells `onChange` each new one. */
  until(id: string, statuses: readonly string[], onChange?: (seen: Seen) => void): Promise<Seen>;
}

export const ENDED = ['completed', 'declined', 'expired', 'canceled', 'refunded'] as const;
const PATIENCE_MS = 60_000;

/** Signs this learner in with a development token. */
export const openMfe = ({ peers, coordinator }: DemoShop, learner: string): Mfe => {
  const call = async (method: 'GET' | 'POST', path: string, body?: object): Promise<Seen> => {
    const response = await fetch(coordinator.url + path, {
      method,
      headers: {
        authorization: `Bearer ${await coordinator.token({ userId: learner })}`,
        ...(body && { 'content-type': 'application/json', 'idempotency-key': randomUUID() }),
      },
      ...(body && { body: JSON.stringify(body) }),
    });
    const text = await response.text();
    if (!response.ok) throw new Error(`${method} ${path} answered ${response.status}: ${text}`);
    return JSON.parse(text) as Seen;
  };
  const see: Mfe['see'] = (id) => call('GET', `/v1/flows/${id}`);
  const until: Mfe['until'] = async (id, statuses, onChange) => {
    const deadline = Date.now() + PATIENCE_MS;
    let last: string | undefined;
    for (;;) {
      const seen = await see(id);
      if (seen.status !== last) onChange?.(seen);
      last = seen.status;
      if (statuses.includes(last)) return seen;
      if (Date.now() > deadline)
        throw new Error(
          `${id} was still '${last}' after ${PATIENCE_MS / 1_000} s; expected: ${statuses.join(' or ')}.`,
        );
      await pause(100);
    }
  };
  return {
    start: ({ courseRun, price }) =>
      call('POST', '/v1/flows/purchase', { items: [{ courseRun }], expectedTotal: price }),
    see,
    async pay({ clientSecret, publishableKey }, card = 'pm_card_visa') {
      if (!clientSecret || !publishableKey) throw new Error('There is no payment to confirm.');
      const confirmed = await confirmCard({
        stripeUrl: peers.stripe.url,
        clientSecret,
        publishableKey,
        card,
      });
      if (confirmed.error) throw new Error(`Stripe: ${confirmed.error.message}`);
    },
    until,
  };
};
