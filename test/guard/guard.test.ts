import type { Redis } from 'ioredis';
import { setTimeout as pause } from 'node:timers/promises';
import { EffectFailure } from '../../activities/host/effect-types.ts';
import { ParkError, RetryableError } from '../../contracts/failures.ts';
import { type Journal, openJournal } from '../../journal/connect.ts';
import { readEffect } from '../../journal/effects.ts';
import { pauseService, resumeService } from '../../journal/services.ts';
import { at, openTestJournal } from '../host/toy-host.ts';
import { startToyService, type ToyService } from '../host/toy-service.ts';
import { connectRedis, refusalOf, startToy } from './toy.ts';

let journal: Journal;
let journalUrl: string;
let redis: Redis;
let toy: ToyService;
beforeAll(async () => {
  ({ journal, url: journalUrl } = await openTestJournal());
  redis = await connectRedis();
  toy = await startToyService(300);
});
afterAll(async () => {
  await toy.stop();
  redis.disconnect();
  await journal.close();
});
beforeEach(() => toy.reset());

const failing = () => Promise.reject(new RetryableError('service.unavailable', 'down'));
const thing = (name: string) => ({ thing: name, amount: 1 });
const caught = (work: Promise<unknown>) => work.catch((error: unknown) => error);

describe('a call that the guard refuses', () => {
  it('touches no row, says that nothing happened, and is made once when the Service is back', async () => {
    const { guard, host, lines } = await startToy({ journal, redis, url: toy.url });
    toy.weather.push('dropped-before', 'dropped-before', 'dropped-before');
    for (const name of ['a', 'b', 'c']) await caught(host.run('toy.do', thing(name), at(1)));
    expect(guard.states()).toMatchObject([{ service: 'toy', breaker: { state: 'open' }, underWay: 0 }]);
    const calls = [...toy.observed.values()].reduce((sum, n) => sum + n, 0);

    const refused = await caught(host.run('toy.do', thing('d'), at(1)));
    expect(refused).toBeInstanceOf(EffectFailure);
    expect(refused).toMatchObject({ effect: 'none', cause: { code: 'service.breaker-open' } });
    expect(await readEffect(journal, 'toy.do', 'd')).toBeUndefined();
    // What is in doubt stays in doubt: its look-up is refused, too.
    const inDoubt = await caught(host.run('toy.do', thing('a'), at(2)));
    expect(inDoubt).toMatchObject({ effect: 'unknown', cause: { code: 'service.breaker-open' } });
    expect([...toy.observed.values()].reduce((sum, n) => sum + n, 0)).toBe(calls);

    await pause(200);
    await host.run('toy.do', thing('d'), at(2));
    expect(toy.done).toHaveLength(1);
    expect((await readEffect(journal, 'toy.do', 'd'))?.state).toBe('done');
    expect(guard.states()).toMatchObject([{ breaker: { state: 'closed' }, underWay: 0 }]);
    expect(lines.map((line) => line.split(' {')[0])).toEqual([
      'breaker open',
      'breaker half-open',
      'breaker closed',
    ]);
    guard.stop();
  });

  it('is answered without the Service when its effect was done before', async () => {
    const { guard, host, enter } = await startToy({ journal, redis, url: toy.url });
    await host.run('toy.do', thing('kept'), at(1));
    for (let i = 0; i < 4; i++) await caught(enter().then((permit) => permit.run(failing)));
    expect((await refusalOf(enter())).code).toBe('service.breaker-open');
    await expect(host.run('toy.do', thing('kept'), at(1))).resolves.toEqual({ thing: 'done' });
    expect(toy.done).toHaveLength(1);
    guard.stop();
  });

  it('comes back after the time to the next probe, spread out', async () => {
    const { guard, enter } = await startToy({ journal, redis });
    for (let i = 0; i < 3; i++) await caught(enter().then((permit) => permit.run(failing)));
    const times = await Promise.all(
      Array.from({ length: 200 }, async () => (await refusalOf(enter())).afterMs),
    );
    expect(Math.min(...times)).toBeGreaterThan(100);
    expect(Math.max(...times)).toBeLessThanOrEqual(226);
    expect(Math.max(...times) - Math.min(...times)).toBeGreaterThan(50);
    guard.stop();
  });
});

describe('a Service', () => {
  it('whose 4xx come in numbers keeps its calls', async () => {
    const { guard, enter } = await startToy({ journal, redis });
    const refuse = () => Promise.reject(new ParkError('service.refused', '404'));
    for (let i = 0; i < 20; i++) await caught(enter().then((permit) => permit.run(refuse)));
    await expect(enter()).resolves.toBeDefined();
    guard.stop();
  });

  it('gets no more calls at once than it may, and a place is given on', async () => {
    const { guard, enter } = await startToy({ journal, redis, limits: { concurrency: 2 } });
    const [first] = await Promise.all([enter(), enter()]);
    const refused = await refusalOf(enter());
    expect(refused.code).toBe('service.busy');
    expect(refused.afterMs).toBeGreaterThanOrEqual(250);
    first?.leave();
    first?.leave();
    await enter();
    expect((await refusalOf(enter())).code).toBe('service.busy');
    guard.stop();
  });

  it('that hangs for longer than any call may take gives the places back, and counts as failed', async () => {
    const { guard, enter } = await startToy({ journal, redis, limits: { concurrency: 3 } });
    for (let i = 0; i < 3; i++) void enter().then((permit) => permit.run(() => new Promise(() => undefined)));
    await pause(20);
    expect((await refusalOf(enter())).code).toBe('service.busy');
    await pause(550);
    expect(guard.states()).toMatchObject([{ underWay: 0, breaker: { state: 'open' } }]);
    guard.stop();
  });

  it('that answers 429 with Retry-After is left alone by all calls until then', async () => {
    const { guard, enter, lines } = await startToy({ journal, redis });
    const throttled = () => Promise.reject(new RetryableError('service.throttled', '429', { afterMs: 200 }));
    await caught(enter().then((permit) => permit.run(throttled)));
    const refused = await refusalOf(enter());
    expect(refused.code).toBe('service.throttled');
    expect(refused.afterMs).toBeGreaterThan(150);
    expect(guard.states()[0]?.throttledForMs).toBeGreaterThan(150);
    await pause(220);
    await expect(enter()).resolves.toBeDefined();
    expect(lines.join()).toContain('asked for quiet');
    guard.stop();
  });
});

describe('a pause', () => {
  it('holds all calls with who and why, also while MySQL is down, until it is taken back', async () => {
    const guardsJournal = openJournal(journalUrl);
    const { guard, enter, lines } = await startToy({ journal, guardsJournal, redis });
    const paused = { service: 'toy', actor: 'ada', reason: 'their migration' };
    expect(await pauseService(journal, paused)).toBe(true);
    expect(await pauseService(journal, { ...paused, actor: 'bob' })).toBe(false);
    await pause(200);
    const refused = await refusalOf(enter());
    expect(refused.code).toBe('service.paused');
    expect(refused.afterMs).toBeGreaterThanOrEqual(2_500);
    expect(refused.afterMs).toBeLessThanOrEqual(5_001);
    const { since, ...state } = guard.states()[0]?.paused ?? { since: '' };
    expect(state).toEqual(paused);
    expect(Math.abs(Date.now() - Date.parse(since))).toBeLessThan(10_000);

    const back = { ...paused, actor: 'bob', reason: 'done' };
    expect(await resumeService(journal, back)).toBe(true);
    expect(await resumeService(journal, back)).toBe(false);
    await pause(200);
    await expect(enter()).resolves.toBeDefined();
    expect(await pauseService(journal, paused)).toBe(true);
    await pause(200);
    await guardsJournal.close();
    await pause(200);
    expect((await refusalOf(enter())).code).toBe('service.paused');
    expect(lines.filter((line) => line.startsWith('pauses cannot be read'))).toHaveLength(1);
    await resumeService(journal, back);
    guard.stop();
  });
});

describe('the rate of the whole cluster', () => {
  const rate = { perSecond: 10, processes: 4 };

  it('is shared by two processes, and those too many get turns, not one moment', async () => {
    const scope = `rate-${Date.now()}`;
    const guards = await Promise.all(
      [0, 1].map(() => startToy({ journal, redis, scope, limits: { rate, concurrency: 500 } })),
    );
    const tried = await Promise.allSettled(
      Array.from({ length: 60 }, (_, n) => guards[n % 2]?.enter() ?? Promise.reject(new Error())),
    );
    expect(tried.filter(({ status }) => status === 'fulfilled')).toHaveLength(10);
    const waits = tried.flatMap((one) => (one.status === 'rejected' ? [one.reason as RetryableError] : []));
    expect(new Set(waits.map(({ code }) => code))).toEqual(new Set(['service.rate-limited']));
    // 50 too many at 10 a second: the last one's turn is five seconds away.
    expect(Math.max(...waits.map(({ afterMs = 0 }) => afterMs))).toBeGreaterThan(4_500);
    for (const { guard } of guards) {
      expect(guard.states()).toMatchObject([{ underWay: 5, rate: { perSecond: 10, shared: true } }]);
      guard.stop();
    }
  });

  it('falls to a safe share while Redis is away', async () => {
    const away = await connectRedis('redis://127.0.0.1:1');
    const { guard, enter, lines } = await startToy({ journal, redis: away, limits: { rate } });
    const tried = await Promise.allSettled(Array.from({ length: 20 }, () => enter()));
    // A fourth of ten, rounded down.
    expect(tried.filter(({ status }) => status === 'fulfilled')).toHaveLength(2);
    expect(guard.states()).toMatchObject([{ rate: { shared: false } }]);
    expect(lines.filter((line) => line.startsWith('Redis does not answer'))).toHaveLength(1);
    guard.stop();
    away.disconnect();
  });
});
