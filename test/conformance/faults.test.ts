import type { ActionName, In } from 'commerce-coordinator/sdk';
import { type FaultName, faultNames, type Trial, withstand } from 'commerce-coordinator/testing';
import type { z } from 'zod';
import { loadWiring } from '../../config/load-plugins.ts';
import type { Wiring } from '../../config/wiring.ts';
import type { ServicePlugin } from '../../plugins/sdk/plugin.ts';
import { actionOf, callFor } from '../../plugins/sdk/testing.ts';
import { type Peers, startPeers } from '../peers/all.ts';
import { confirmCard } from '../peers/browser.ts';
import { WIRING_FILE } from './any-environment.ts';

// Every Action of the wiring × every fault between us and its Service: the right error, the truth by look-up, one effect.
const USD = { amount: 4_900, currency: 'USD' };
const DEMO = 'course-v1:edX+DemoX+2026';
const LINE = { id: '1', courseRun: DEMO, mode: 'verified', total: USD };
const ADA = '1001';

let peers: Peers;
let wiring: Wiring;
beforeAll(async () => {
  peers = await startPeers();
  wiring = await loadWiring(WIRING_FILE, peers.env);
});
afterEach(() =>
  [peers.orders, peers.lms, peers.stripe, peers.sanctions, peers.discovery].map((peer) => peer.reset()),
);
afterAll(() => peers.stop());

type Way<N extends ActionName> = Pick<Trial<N, z.ZodType>, 'input' | 'request'> & {
  readonly peer: Trial<N, z.ZodType>['peer'];
  readonly effects?: () => number;
};
/** How it comes to each Action. */
type Ways = { readonly [N in ActionName]?: () => Promise<Way<N>> };

const pluginOf = (action: ActionName): { plugin: ServicePlugin; settings: unknown } => {
  const wired = wiring.plugins.get(wiring.actions.get(action) ?? '');
  if (!wired) throw new Error(`${action} is not wired.`);
  return { plugin: wired.plugin, settings: wired.settings };
};
/** Runs an Action that comes before. */
const first = async <N extends ActionName>(action: N, input: In<N>) => {
  const { plugin, settings } = pluginOf(action);
  return actionOf(plugin, action).run(
    input,
    callFor(plugin, settings, { key: `before/${action}`, flow: { id: 'purchase:1' } }),
  );
};

const OPEN: In<'order.open'> = { purchase: 'p-1', quote: { learner: ADA, lines: [LINE], total: USD } };
const GRANT: In<'enrollment.grant'> = { learner: ADA, order: 'ORD-1', line: LINE };
const opened = async (): Promise<string> => (await first('order.open', OPEN)).order;
const authorized = async (): Promise<string> => {
  const { payment } = await first('payment.start', { order: 'ORD-1', attempt: 1, amount: USD });
  const { clientSecret, publishableKey } = await first('payment.secret', { payment });
  const stripeUrl = peers.stripe.url;
  await confirmCard({ stripeUrl, publishableKey, clientSecret, card: 'pm_card_visa' });
  return payment;
};
const count = (facts: readonly unknown[]): number => facts.length;

const WAYS = {
  'learner.read': async () => ({
    input: { learner: ADA },
    peer: peers.lms,
    request: { path: '/api/user/' },
  }),
  'catalog.quote': async () => ({
    input: { purchase: 'p-1', learner: ADA, items: [{ courseRun: DEMO }] },
    peer: peers.discovery,
    request: { path: '/api/' },
  }),
  'sanctions.screen': async () => ({
    input: { purchase: 'p-1', learner: ADA, name: 'Ada Lovelace' },
    peer: peers.sanctions,
    request: { method: 'PUT' },
  }),
  'enrollment.check': async () => ({
    input: { learner: ADA, line: LINE },
    peer: peers.lms,
    request: { path: '/api/enrollment/v1/course' },
  }),
  'enrollment.grant': async () => ({
    input: GRANT,
    peer: peers.lms,
    request: { method: 'POST', path: '/api/enrollment' },
    effects: () => count(peers.lms.ledger.of('enrolled')),
  }),
  'enrollment.revoke': async () => {
    await first('enrollment.grant', GRANT);
    return {
      input: GRANT,
      peer: peers.lms,
      request: { method: 'POST', path: '/api/enrollment' },
      effects: () => count(peers.lms.ledger.of('unenrolled')),
    };
  },
  'order.open': async () => ({
    input: OPEN,
    peer: peers.orders,
    request: { method: 'POST' },
    effects: () => count(peers.orders.ledger.of('order-opened')),
  }),
  'order.cancel': async () => ({
    input: { purchase: 'p-1', order: await opened() },
    peer: peers.orders,
    request: { method: 'POST' },
    effects: () => count(peers.orders.ledger.of('order-canceled')),
  }),
  'order.record': async () => ({
    input: { order: await opened(), state: 'completed', lines: [{ id: '1', state: 'granted' }] },
    peer: peers.orders,
    request: { method: 'POST' },
    effects: () => count(peers.orders.ledger.of('order-recorded')),
  }),
  'payment.start': async () => ({
    input: { order: 'ORD-1', attempt: 1, amount: USD },
    peer: peers.stripe,
    request: { method: 'POST' },
    effects: () => count(peers.stripe.intents()),
  }),
  'payment.find': async () => ({
    input: { order: 'ORD-1', payment: await authorized() },
    peer: peers.stripe,
    request: { method: 'GET' },
  }),
  'payment.secret': async () => ({
    input: { payment: await authorized() },
    peer: peers.stripe,
    request: { method: 'GET' },
  }),
  'payment.capture': async () => ({
    input: { order: 'ORD-1', payment: await authorized(), amount: USD },
    peer: peers.stripe,
    request: { method: 'POST' },
    effects: () => count(peers.stripe.ledger.of('captured')),
  }),
  'payment.cancel': async () => ({
    input: { order: 'ORD-1', attempt: 1, payment: await authorized(), unlessPaid: false },
    peer: peers.stripe,
    request: { method: 'POST' },
    effects: () => count(peers.stripe.ledger.of('canceled')),
  }),
  'payment.refund': async () => {
    const payment = await authorized();
    await first('payment.capture', { order: 'ORD-1', payment, amount: USD });
    return {
      input: { order: 'ORD-1', attempt: 1, payment, refund: 'all', amount: USD },
      peer: peers.stripe,
      request: { method: 'POST' },
      effects: () => count(peers.stripe.ledger.of('refunded')),
    };
  },
  'receipt.send': async () => {
    throw new Error('Spoken over SMTP: plugins/email/plugin.test.ts has its faults.');
  },
} satisfies Ways;

const OVER_HTTP = (Object.keys(WAYS) as (keyof typeof WAYS)[]).filter((action) => action !== 'receipt.send');
const CASES = OVER_HTTP.flatMap((action) => faultNames.map((fault) => [action, fault] as const));

test.each(CASES)('%s withstands %s', async (action: keyof typeof WAYS, fault: FaultName) => {
  const way = await WAYS[action]();
  await withstand(fault, { ...pluginOf(action), action, ...way } as Trial<ActionName, z.ZodType>);
});

test('every Action of the wiring is among them', () => {
  expect(Object.keys(WAYS).toSorted()).toEqual([...wiring.actions.keys()].toSorted());
});

describe('the testing kit itself finds', () => {
  const trial = async (change: object): Promise<Trial<'order.open', z.ZodType>> => {
    const { plugin, settings } = pluginOf('order.open');
    const own = (plugin.actions as Readonly<Record<string, object>>)['order.open'];
    const broken = { ...plugin, actions: { 'order.open': { ...own, ...change } } } as ServicePlugin;
    return { plugin: broken, settings, action: 'order.open', ...(await WAYS['order.open']()) };
  };
  const swallow = async (): Promise<object> => ({ order: 'ORD-invented' });

  test.each([
    [
      'a look-up that misses what was done',
      { onDoubt: { lookup: async () => 'absent' } },
      /the look-up says "absent"/,
    ],
    ['a repeat that does it twice', { onDoubt: { repeatFor: '1h' } }, /done 2 times after a repeat/],
    ['a call that never asked the Service', { run: swallow }, /the fault happened 0 times/],
  ])('%s', async (_what, change, said) => {
    await expect(withstand('lost-answer', await trial(change))).rejects.toThrow(said);
  });

  test('an answer that nobody can know', async () => {
    const { plugin, settings } = pluginOf('order.open');
    const guess = async (input: In<'order.open'>) => {
      const call = callFor(plugin, settings, { key: 'guess' });
      return actionOf(plugin, 'order.open').run(input, call).catch(swallow);
    };
    await expect(withstand('reset', await trial({ run: guess }))).rejects.toThrow(/nobody can know/);
  });

  test('an error that does not say what to do', async () => {
    const { plugin, settings } = pluginOf('order.open');
    const rename = async (input: In<'order.open'>) => {
      const call = callFor(plugin, settings, { key: 'rename' });
      return actionOf(plugin, 'order.open')
        .run(input, call)
        .catch(() => Promise.reject(new Error('oh no')));
    };
    await expect(withstand('reset', await trial({ run: rename }))).rejects.toThrow(
      /expected a RetryableError 'service.unavailable', got Error: oh no/,
    );
  });
});
