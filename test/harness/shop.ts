import { randomUUID } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import { type Journal, openJournal } from '../../journal/connect.ts';
import { type Coordinator, startCoordinator } from '../../tools/coordinator/start-coordinator.ts';
import { createDatabase } from '../../tools/servers/mysql.ts';
import { startPeers, type Peers } from '../peers/all.ts';
import { confirmCard } from '../peers/browser.ts';

export const COURSE = 'course-v1:edX+DemoX+2026';

/** Short times, so that a test sees in seconds what takes minutes in production. */
export const QUICK = {
  calls: { timeout: '700ms', startToClose: '1500ms', lease: '2s', settle: '400ms' },
  retry: { first: '50ms', max: '500ms', whileWaiting: '4s', afterwards: '4s', parkedEvery: '1s' },
  flows: { purchase: { payWithin: '20s', lookEvery: '700ms', screenWithin: '20s', screenEvery: '500ms' } },
} as const;

export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly body: { readonly id: string; readonly status: string; readonly [key: string]: unknown };
}

export interface Shop extends AsyncDisposable {
  readonly peers: Peers;
  readonly coordinator: Coordinator;
  readonly journal: Journal;
  /** Calls the API as this learner (or with roles). */
  call(method: string, path: string, options?: CallOptions): Promise<Answer>;
  /** Starts a purchase as an MFE does. */
  buy(
    learner: string,
    options?: { course?: string; total?: object; key?: string; mode?: string },
  ): Promise<Answer>;
  /** Confirms the payment in the learner's browser. */
  pay(answer: Answer, card?: string): Promise<unknown>;
  /** Waits until the flow has one of these statuses. Throws with its story when it never does. */
  until(id: string, learner: string, statuses: readonly string[]): Promise<Answer>;
  violations(): Promise<readonly unknown[]>;
}

interface CallOptions {
  readonly learner?: string;
  readonly roles?: readonly ('learner' | 'operator' | 'service')[];
  readonly headers?: Record<string, string>;
  readonly body?: unknown;
}

const given = (name: string): string => {
  const value = process.env[name];
  if (!value) throw new Error(`${name} is not set: run this test by npm test, which starts the servers.`);
  return value;
};

export interface ShopOptions {
  readonly wiring?: Readonly<Record<string, unknown>>;
  readonly workers?: number;
  readonly temporalAddress?: string;
}

/** Everything of one test file: peers, a database, an API and a worker, on the run's servers. */
export const openShop = async ({
  wiring = {},
  workers,
  temporalAddress,
}: ShopOptions = {}): Promise<Shop> => {
  const mysqlUrl = await createDatabase(given('CC_TEST_MYSQL'), `t_${randomUUID().replaceAll('-', '')}`);
  const peers = await startPeers();
  const coordinator = await startCoordinator({
    mysqlUrl,
    redisUrl: given('CC_TEST_REDIS'),
    temporalAddress: temporalAddress ?? given('CC_TEST_TEMPORAL'),
    services: peers.env,
    wiring: { ...QUICK, ...wiring },
    queuePrefix: `${randomUUID().slice(0, 8)}-`,
    ...(workers !== undefined && { workers }),
  }).catch(async (error: unknown) => {
    await peers.stop();
    throw error;
  });
  peers.setWebhook(`${coordinator.url}/v1/incoming/stripe`);
  const journal = openJournal(mysqlUrl, { connections: 4 });

  const call: Shop['call'] = async (
    method,
    path,
    { learner = '1', roles = ['learner'] as const, headers = {}, body } = {},
  ) => {
    const response = await fetch(coordinator.url + path, {
      method,
      headers: {
        authorization: `Bearer ${await coordinator.token({ userId: learner, roles })}`,
        ...(body !== undefined && { 'content-type': 'application/json' }),
        ...headers,
      },
      ...(body !== undefined && { body: typeof body === 'string' ? body : JSON.stringify(body) }),
    });
    const text = await response.text();
    return {
      status: response.status,
      headers: response.headers,
      body: text === '' ? {} : JSON.parse(text),
    } as Answer;
  };

  const stop = async (): Promise<void> => {
    await coordinator.stop();
    await peers.stop();
    await journal.close();
  };

  return {
    peers,
    coordinator,
    journal,
    call,
    buy: (
      learner,
      { course = COURSE, total = { amount: 4900, currency: 'USD' }, key = randomUUID(), mode } = {},
    ) =>
      call('POST', '/v1/flows/purchase', {
        learner,
        headers: { 'idempotency-key': key },
        body: { items: [{ courseRun: course, ...(mode && { mode }) }], expectedTotal: total },
      }),
    pay: (answer, card = 'pm_card_visa') => {
      const { clientSecret, publishableKey } = answer.body as { clientSecret?: string; publishableKey?: string };
      if (!clientSecret || !publishableKey) throw new Error(`Nothing to pay: ${JSON.stringify(answer.body)}`);
      return confirmCard({ stripeUrl: peers.stripe.url, clientSecret, publishableKey, card });
    },
    async until(id, learner, statuses) {
      const deadline = performance.now() + 45_000;
      for (;;) {
        const seen = await call('GET', `/v1/flows/${id}`, { learner });
        if (statuses.includes(seen.body.status)) return seen;
        if (performance.now() > deadline) {
          const story = await call('GET', `/v1/flows/${id}`, { learner, roles: ['operator'] });
          throw new Error(
            `${id} never became ${statuses.join(' or ')}:\n${JSON.stringify(story.body, undefined, 1)}`,
          );
        }
        await pause(100);
      }
    },
    async violations() {
      const { body } = await call('GET', '/v1/ops/violations', { roles: ['operator'] });
      return (body as unknown as { violations: readonly unknown[] }).violations;
    },
    stop,
    [Symbol.asyncDispose]: stop,
  } as Shop;
};
