import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Journal, openJournal } from '../../journal/connect.ts';
import { type Coordinator, startCoordinator } from '../../tools/coordinator/start-coordinator.ts';
import { createDatabase } from '../../tools/servers/mysql.ts';
import { startPeers, type Peers } from '../peers/all.ts';
import { confirmCard } from '../peers/browser.ts';

export interface Sold {
  readonly id: string;
  readonly learner: string;
  readonly clientSecret?: string;
  readonly publishableKey?: string;
}

/** Two worker processes with limits of one's own, on the run's servers. */
export interface GuardedShop extends AsyncDisposable {
  readonly peers: Peers;
  readonly coordinator: Coordinator;
  readonly journal: Journal;
  readonly mysqlUrl: string;
  /** Starts a purchase of a learner whom nobody has met. */
  buy(): Promise<Sold>;
  pay(bought: Sold): Promise<unknown>;
  /** The learner's message; answers how long the flow took to end from then on, by the journal. */
  cancel(bought: Sold): Promise<number>;
  status(bought: Sold): Promise<string>;
  /** Waits until each of them has this status. Throws with those that have not. */
  until(all: readonly Sold[], status: string, withinMs: number): Promise<void>;
  violations(): Promise<readonly unknown[]>;
}

export interface GuardedShopOptions {
  readonly wiring: Readonly<Record<string, unknown>>;
  readonly redisUrl?: string;
}

const given = (name: string): string => process.env[name] ?? '';

export const openGuardedShop = async ({ wiring, redisUrl }: GuardedShopOptions): Promise<GuardedShop> => {
  const mysqlUrl = await createDatabase(given('CC_TEST_MYSQL'), `t_${randomUUID().replaceAll('-', '')}`);
  const peers = await startPeers();
  const coordinator = await startCoordinator({
    mysqlUrl,
    redisUrl: redisUrl ?? given('CC_TEST_REDIS'),
    temporalAddress: given('CC_TEST_TEMPORAL'),
    services: peers.env,
    wiring,
    queuePrefix: `${randomUUID().slice(0, 8)}-`,
    workers: 2,
  });
  peers.setWebhook(`${coordinator.url}/v1/incoming/stripe`);
  const journal = openJournal(mysqlUrl, { connections: 4 });
  let last = 200_000;

  const call = createCaller(coordinator);
  const status = async ({ id }: Sold): Promise<string> => {
    const [row] = await journal.rows<{ status: string }>('SELECT status FROM flows WHERE id = ?', [id]);
    return row?.status ?? 'missing';
  };
  const stop = async (): Promise<void> => {
    await coordinator.stop();
    await peers.stop();
    await journal.close();
  };
  return {
    ...{ peers, coordinator, journal, mysqlUrl, status },
    async buy() {
      const learner = String((last += 1));
      const body = {
        items: [{ courseRun: 'course-v1:edX+DemoX+2026' }],
        expectedTotal: { amount: 4_900, currency: 'USD' },
      };
      const answer = await call('POST', '/v1/flows/purchase', { as: learner, body });
      return { ...(answer as unknown as Sold), learner };
    },
    async pay({ id, learner, clientSecret, publishableKey }) {
      const found =
        clientSecret && publishableKey
          ? { clientSecret, publishableKey }
          : ((await call('GET', `/v1/flows/${id}`, { as: learner })) as unknown as Required<Sold>);
      return confirmCard({ stripeUrl: peers.stripe.url, card: 'pm_card_visa', ...found });
    },
    cancel: createCancel(journal, call),
    async until(all, wanted, withinMs) {
      const end = performance.now() + withinMs;
      for (;;) {
        const now = await Promise.all(all.map(status));
        if (now.every((one) => one === wanted)) return;
        if (performance.now() > end) throw new Error(`Never all ${wanted}: ${now.join(', ')}`);
        await sleep(200);
      }
    },
    async violations() {
      const body = await call('GET', '/v1/ops/violations', { as: 'operator' });
      return body['violations'] as readonly unknown[];
    },
    [Symbol.asyncDispose]: stop,
  };
};

const createCaller =
  (coordinator: Coordinator) =>
  async (method: string, path: string, { as, body }: { as: string; body?: object }) => {
    const roles = as === 'operator' ? (['operator'] as const) : (['learner'] as const);
    const response = await fetch(coordinator.url + path, {
      method,
      headers: {
        authorization: `Bearer ${await coordinator.token({ userId: as === 'operator' ? '1' : as, roles })}`,
        'idempotency-key': randomUUID(),
        ...(body && { 'content-type': 'application/json' }),
      },
      ...(body && { body: JSON.stringify(body) }),
    });
    return (await response.json()) as Readonly<Record<string, unknown>>;
  };

const createCancel =
  (journal: Journal, call: ReturnType<typeof createCaller>): GuardedShop['cancel'] =>
  async ({ id, learner }) => {
    const asked = Date.now();
    await call('POST', `/v1/flows/${id}/messages/purchase.cancel`, { as: learner, body: {} });
    for (let tries = 0; tries < 400; tries++) {
      const [row] = await journal.rows<{ at: string | null }>(
        `SELECT ROUND(UNIX_TIMESTAMP(ended_at) * 1000) AS at FROM flows WHERE id = ?`,
        [id],
      );
      if (row?.at) return Number(row.at) - asked;
      await sleep(50);
    }
    throw new Error(`${id} never ended.`);
  };

/** The most entries within any second. */
export const peakPerSecond = (entries: readonly { readonly at: string }[]): number => {
  const times = entries.map(({ at }) => Date.parse(at)).toSorted((a, b) => a - b);
  return Math.max(
    0,
    ...times.map((from, index) => times.filter((time, n) => n >= index && time < from + 1_000).length),
  );
};
/** The average over the time that they took. */
export const meanPerSecond = (entries: readonly { readonly at: string }[]): number => {
  const times = entries.map(({ at }) => Date.parse(at));
  return (times.length - 1) / ((Math.max(...times) - Math.min(...times)) / 1_000);
};
