import { setTimeout as pause } from 'node:timers/promises';
import { NOTHING, ledgersOf, sold } from '../harness/ledgers.ts';
import {
  type GuardedShop,
  meanPerSecond,
  openGuardedShop,
  peakPerSecond,
  type Sold,
} from './guarded-shop.ts';

const COUNT = 20;
const OPEN_FOR_MS = 2_000;
const RATE = 5;
const PROCESSES = 2;
let shop: GuardedShop;
beforeAll(async () => {
  shop = await openGuardedShop({
    wiring: {
      calls: { timeout: '1s', startToClose: '4s', lease: '6s', settle: '500ms' },
      retry: { first: '100ms', max: '2s', whileWaiting: '2m', afterwards: '2m', parkedEvery: '2s' },
      limits: { breaker: { window: '10s', minimum: 5 } },
      plugins: { lms: { limits: { ratePerSecond: RATE, breaker: { openFor: '2s' } } } },
      flows: { purchase: { payWithin: '10m', lookEvery: '5s' } },
    },
  });
}, 120_000);
afterAll(() => shop[Symbol.asyncDispose]());

const worst = (times: readonly number[]): number => Math.max(...times);
/** Purchases that wait for their payment. Few at a time: the rate holds for their check as well. */
const waiting = async (count: number): Promise<readonly Sold[]> => {
  const all = await Promise.all(Array.from({ length: count }, () => shop.buy()));
  await shop.until(all, 'paying', 120_000);
  return all;
};
const cancelAll = async (all: readonly Sold[]): Promise<readonly number[]> => {
  const times: number[] = [];
  for (const one of all) {
    times.push(await shop.cancel(one));
    await pause(50);
  }
  return times;
};
const lmsCalls = () => shop.peers.lms.requests.all();
/** One per call of an Action that grants or checks; the calls that the rate counts. */
const standings = () =>
  shop.peers.lms.requests.matching({ method: 'GET', path: '/api/enrollment/v1/enrollment/' });

describe.each(['hang', 'status'] as const)('an LMS that fails every call (%s)', (kind) => {
  it('slows nobody down who does not need it, gets probes only, and then its rate; all that waited completes once', async () => {
    const [quiet, meanwhile, needy] = [await waiting(COUNT), await waiting(COUNT), await waiting(COUNT)];
    const before = worst(await cancelAll(quiet));

    const down = shop.peers.lms.faults.arm({ match: { path: '/' }, kind, times: 'always' });
    await Promise.all(needy.map((one) => shop.pay(one)));
    await pause(5_000);
    const mark = lmsCalls().length;
    const since = performance.now();
    const during = worst(await cancelAll(meanwhile));
    await pause(3_000);
    const probes = lmsCalls().length - mark;
    const seconds = (performance.now() - since) / 1_000;
    expect(down.observed).toBeGreaterThan(0);
    // Each process probes once per opening, and one more may have begun just before.
    const allowed = PROCESSES * ((seconds * 1_000) / OPEN_FOR_MS + 1);
    expect(probes).toBeLessThanOrEqual(allowed);
    for (const one of needy)
      expect(ledgersOf(shop.peers, one)).toMatchObject({ captures: [], enrollments: [] });

    const seen = standings().length;
    down.release();
    await shop.until(needy, 'completed', 150_000);
    const calls = standings().slice(seen);
    const healed = { peak: peakPerSecond(calls), mean: meanPerSecond(calls) };
    process.stderr.write(
      `${kind}: ${JSON.stringify({ before, during, probes, allowed, seconds, healed, calls: calls.length })}\n`,
    );
    // The slowest of twenty: a Service that held others up would cost its time-outs of seconds, a busy machine less than this.
    expect(during).toBeLessThanOrEqual(2 * before + 250);
    expect(healed.mean).toBeLessThanOrEqual(RATE);
    expect(healed.peak).toBeLessThanOrEqual(RATE * 2);
    for (const one of needy) expect(ledgersOf(shop.peers, one)).toEqual(sold());
    for (const one of [...quiet, ...meanwhile]) {
      expect(ledgersOf(shop.peers, one)).toEqual({ ...NOTHING, orders: ['canceled'], intents: ['canceled'] });
    }
    expect(await shop.violations()).toEqual([]);
  });
});
