import { randomUUID } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import { type Journal, openJournal } from '../../journal/connect.ts';
import { type Coordinator, startCoordinator } from '../../tools/coordinator/start-coordinator.ts';
import { createDatabase } from '../../tools/servers/mysql.ts';
import type { Money } from '../../contracts/money.ts';
import { startPeers, type Peers } from '../peers/all.ts';
import { confirmCard, type Confirmed } from '../peers/browser.ts';
import { type Bought, COURSE, type Ledgers, ledgersOf } from './ledgers.ts';

/** Short times, so that a test sees in seconds what takes minutes in production. */
const QUICK = {
  calls: { timeout: '700ms', startToClose: '1500ms', lease: '2s', settle: '400ms' },
  retry: { first: '50ms', max: '500ms', whileWaiting: '4s', afterwards: '4s', parkedEvery: '1s' },
  flows: { purchase: { payWithin: '20s', lookEvery: '700ms', screenWithin: '20s', screenEvery: '500ms' } },
} as const;

/** Of the demonstration course. */
const PRICE = { amount: 4_900, currency: 'USD' } as const;
export const ENDED: readonly string[] = ['completed', 'declined', 'expired', 'canceled', 'refunded'];
const PATIENCE_MS = 45_000;

export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly body: { readonly id: string; readonly status: string; readonly [key: string]: unknown };
}

/** A purchase that waits for its payment. */
export interface Begun extends Bought {
  readonly order: string;
  /** The processor's id of the payment. */
  readonly payment: string;
  readonly answer: Answer;
}

export interface Shop extends AsyncDisposable {
  readonly peers: Peers;
  readonly coordinator: Coordinator;
  readonly journal: Journal;
  /** A learner whom nobody has met. */
  newLearner(): string;
  /** A course that nobody else buys, at a price that no other course has. */
  newCourse(): { readonly course: string; readonly total: Money };
  /** Calls the API as this learner (or with roles). */
  call(method: string, path: string, options?: CallOptions): Promise<Answer>;
  /** Starts a purchase as an MFE does. */
  buy(
    learner: string,
    options?: { course?: string; total?: object; key?: string; mode?: string },
  ): Promise<Answer>;
  /** Starts a purchase, of a new learner if none is named; throws unless it comes to the payment at once. */
  begin(options?: { learner?: string; course?: string; total?: object }): Promise<Begun>;
  /** Confirms the payment in the learner's browser. */
  pay(answer: Answer, card?: string): Promise<Confirmed>;
  /** Sends the flow a message as the learner's browser does. */
  say(bought: Bought, message: string): Promise<Answer>;
  /** Waits until the flow has one of these statuses. Throws with its story when it never does. */
  until(bought: Bought, statuses: readonly string[], withinMs?: number): Promise<Answer>;
  /** Waits until the learner can pay, or it has ended. */
  payable(bought: Bought): Promise<Answer>;
  /** Waits until the flow has ended, and answers its last status; one that needs attention may still heal. */
  ending(bought: Bought): Promise<string>;
  /** Everything that an operator sees of the flow. */
  story(id: string): Promise<Story>;
  /** What the Services hold of it. */
  ledgers(bought: Bought): Ledgers;
  violations(): Promise<readonly unknown[]>;
  /** `kill -9` of all workers; a new one runs when this resolves. `between`: after the kill, before the start. */
  crashWorkers(between?: () => Promise<void>): Promise<void>;
}

/** The parts of the operator's view that tests read. */
export interface Story {
  readonly status: string;
  readonly hasEnded: boolean;
  readonly waits?: string;
  /** What an operator's Update must name while the flow is parked. */
  readonly park?: string;
  readonly result?: unknown;
  readonly steps: readonly { readonly step: string; readonly state: string }[];
  readonly events: readonly {
    readonly kind: string;
    readonly step: string | null;
    readonly detail?: Readonly<Record<string, unknown>> | null;
  }[];
  readonly effects: readonly {
    readonly action: string;
    readonly state: string;
    readonly generation: number;
  }[];
  readonly facts: readonly {
    readonly kind: string;
    readonly state: string;
    readonly amount: number | null;
  }[];
  readonly incidents: readonly { readonly kind: string; readonly step: string; readonly service: string }[];
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
  /** Changes to the quick times of the purchase flow. */
  readonly policy?: Readonly<Record<string, string>>;
  /** Changes to the quick times of calls. */
  readonly calls?: Readonly<Record<string, string>>;
  /** Changes to the quick times of retries. */
  readonly retry?: Readonly<Record<string, string>>;
  /** Addresses of Services that are not the peers'. */
  readonly services?: Readonly<Record<string, string>>;
  /** Other changes to the wiring file: plugins, signals, filters, actions. */
  readonly wiring?: Readonly<Record<string, unknown>>;
  readonly workers?: number;
  readonly temporalAddress?: string;
}

/** Everything of one test file: peers, a database, an API and a worker, on the run's servers. */
export const openShop = async (options: ShopOptions = {}): Promise<Shop> => {
  const { policy, calls, retry, services, workers, temporalAddress, wiring } = options;
  const mysqlUrl = await createDatabase(given('CC_TEST_MYSQL'), `t_${randomUUID().replaceAll('-', '')}`);
  const peers = await startPeers();
  const coordinator = await startCoordinator({
    mysqlUrl,
    redisUrl: given('CC_TEST_REDIS'),
    temporalAddress: temporalAddress ?? given('CC_TEST_TEMPORAL'),
    services: { ...peers.env, ...services },
    wiring: {
      ...wiring,
      ...QUICK,
      calls: { ...QUICK.calls, ...calls },
      retry: { ...QUICK.retry, ...retry },
      flows: { purchase: { ...QUICK.flows.purchase, ...policy } },
    },
    queuePrefix: `${randomUUID().slice(0, 8)}-`,
    ...(workers !== undefined && { workers }),
  }).catch(async (error: unknown) => {
    await peers.stop();
    throw error;
  });
  peers.setWebhook(`${coordinator.url}/v1/incoming/stripe`);
  const journal = openJournal(mysqlUrl, { connections: 4 });
  const stop = async (): Promise<void> => {
    await coordinator.stop();
    await peers.stop();
    await journal.close();
  };
  const call = createCaller(coordinator);
  return {
    ...{ peers, coordinator, journal, call },
    ...createBuyers(peers, call),
    ...createWatchers(peers, call),
    async crashWorkers(between) {
      await Promise.all(coordinator.workers.map((worker) => worker.kill()));
      await between?.();
      await coordinator.startWorker();
    },
    [Symbol.asyncDispose]: stop,
  };
};

const createCaller =
  ({ url, token }: Coordinator): Shop['call'] =>
  async (method, path, { learner = '1', roles = ['learner'] as const, headers = {}, body } = {}) => {
    const response = await fetch(url + path, {
      method,
      headers: {
        authorization: `Bearer ${await token({ userId: learner, roles })}`,
        ...(body !== undefined && { 'content-type': 'application/json' }),
        ...headers,
      },
      ...(body !== undefined && { body: typeof body === 'string' ? body : JSON.stringify(body) }),
    });
    const text = await response.text();
    return {
      status: response.status,
      headers: response.headers,
      body: (text === '' ? {} : JSON.parse(text)) as Answer['body'],
    };
  };

/** What learners do. */
const createBuyers = (
  peers: Peers,
  call: Shop['call'],
): Pick<Shop, 'newLearner' | 'newCourse' | 'buy' | 'begin' | 'pay' | 'say'> => {
  let last = 100_000;
  const newLearner = (): string => String((last += 1));
  let price = 10_000;
  const newCourse = () => {
    price += 1;
    const course = `course-v1:edX+Priced${price}X+2026`;
    const seats = [
      { mode: 'audit', price: '0.00', currency: 'USD' },
      { mode: 'verified', price: (price / 100).toFixed(2), currency: 'USD' },
    ];
    const sold = { key: course, title: `Course ${price}`, enrollmentEnd: null, seats };
    peers.lms.addCourse(sold);
    peers.discovery.addCourse(sold);
    return { course, total: { amount: price, currency: 'USD' } };
  };
  const buy: Shop['buy'] = (learner, { course = COURSE, total = PRICE, key = randomUUID(), mode } = {}) =>
    call('POST', '/v1/flows/purchase', {
      learner,
      headers: { 'idempotency-key': key },
      body: { items: [{ courseRun: course, ...(mode && { mode }) }], expectedTotal: total },
    });
  return {
    ...{ newLearner, newCourse, buy },
    async begin({ learner = newLearner(), course = COURSE, total = PRICE } = {}) {
      const answer = await buy(learner, { course, total });
      const { id, order, payment } = answer.body as Answer['body'] & { order?: string; payment?: string };
      if (!order || !payment) throw new Error(`Not to be paid: ${JSON.stringify(answer.body)}`);
      return { id, learner, course, order, payment, answer };
    },
    pay: (answer, card = 'pm_card_visa') => {
      const { clientSecret, publishableKey } = answer.body as {
        clientSecret?: string;
        publishableKey?: string;
      };
      if (!clientSecret || !publishableKey) throw new Error(`Nothing to pay: ${JSON.stringify(answer.body)}`);
      return confirmCard({ stripeUrl: peers.stripe.url, clientSecret, publishableKey, card });
    },
    say: ({ id, learner }, message) =>
      call('POST', `/v1/flows/${id}/messages/${message}`, { learner, body: {} }),
  };
};

/** Short enough for the report of a failed test. */
const tell = ({ steps, events, effects, facts, incidents, ...rest }: Story): string =>
  [
    JSON.stringify(rest),
    `steps: ${steps.map(({ step, state }) => `${step} ${state}`).join(', ')}`,
    `effects: ${effects.map(({ action, generation, state }) => `${action}/${generation} ${state}`).join(', ')}`,
    `facts: ${facts.map(({ kind, state, amount }) => `${kind} ${state} ${amount}`).join(', ')}`,
    `events: ${events.map(({ kind, step }) => `${kind} ${step}`).join(', ')}`,
    `incidents: ${JSON.stringify(incidents)}`,
  ].join('\n');

/** What the tests look at. */
const createWatchers = (
  peers: Peers,
  call: Shop['call'],
): Pick<Shop, 'until' | 'payable' | 'ending' | 'story' | 'ledgers' | 'violations'> => {
  const story: Shop['story'] = async (id) =>
    (await call('GET', `/v1/flows/${id}`, { roles: ['operator'] })).body as unknown as Story;
  const look = async (
    { id, learner }: Bought,
    isSeen: (body: Answer['body']) => boolean,
    { what, withinMs = PATIENCE_MS }: { what: string; withinMs?: number | undefined },
  ): Promise<Answer> => {
    const deadline = performance.now() + withinMs;
    for (;;) {
      const seen = await call('GET', `/v1/flows/${id}`, { learner });
      if (isSeen(seen.body)) return seen;
      if (performance.now() > deadline) {
        throw new Error(`${id} never became ${what}:\n${tell(await story(id))}`);
      }
      await pause(100);
    }
  };
  const until: Shop['until'] = (bought, statuses, withinMs) =>
    look(bought, ({ status }) => statuses.includes(status), { what: statuses.join(' or '), withinMs });
  return {
    until,
    story,
    payable: (bought) =>
      look(bought, (body) => 'clientSecret' in body || ENDED.includes(body.status), { what: 'payable' }),
    ending: async (bought) => (await until(bought, ENDED)).body.status,
    ledgers: (bought) => ledgersOf(peers, bought),
    async violations() {
      const { body } = await call('GET', '/v1/ops/violations', { roles: ['operator'] });
      return (body as unknown as { violations: readonly unknown[] }).violations;
    },
  };
};
