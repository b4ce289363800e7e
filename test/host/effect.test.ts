import fc from 'fast-check';
import { setTimeout as pause } from 'node:timers/promises';
import { EffectFailure } from '../../activities/host/effect-types.ts';
import { readFailure } from '../../activities/host/failure.ts';
import type { Host } from '../../activities/host/host.ts';
import type { Journal } from '../../journal/connect.ts';
import { readEffect } from '../../journal/effects.ts';
import { at, type DoubtKind, openTestJournal, toyHost } from './toy-host.ts';
import { startToyService, type ToyService, type Weather } from './toy-service.ts';

let journal: Journal;
let toy: ToyService;
let things = 0;

beforeAll(async () => {
  ({ journal } = await openTestJournal());
  toy = await startToyService(90); // Later than the client waits (60 ms); with the lag of look-ups (30 ms) still within the settle delay (120 ms).
});
afterAll(async () => {
  await toy.stop();
  await journal.close();
});

const failureOf = (error: unknown) => readFailure(error instanceof EffectFailure ? error.cause : error);
const input = (thing: string) => ({ thing, amount: 1 });

type Ended = { readonly ended: 'output' | 'never' | 'parked' | 'fenced' | 'tired' };

/** Retries as Temporal would: until an answer, a business end, or something that parks. */
const insist = async (host: Host, thing: string, purpose: 'call' | 'fence'): Promise<Ended> => {
  for (let attempt = 1; attempt <= 40; attempt++) {
    try {
      if (purpose === 'call') {
        await host.run('toy.do', input(thing), at(attempt));
        return { ended: 'output' };
      }
      const outcome = await host.fence('toy.do', input(thing), at(attempt));
      return { ended: outcome.happened ? 'output' : 'never' };
    } catch (error) {
      const { code, consequence, afterMs } = failureOf(error);
      if (code === 'effect.fenced') return { ended: 'fenced' };
      // A malformed answer and an unknown 4xx park; the flow tries such a step again, so do we.
      if (code === 'effect.in-doubt' || consequence === 'terminal') return { ended: 'parked' };
      await pause(Math.min(afterMs ?? 5, 300));
    }
  }
  return { ended: 'tired' };
};

const KINDS = [
  'fine',
  'refused',
  'throttled',
  'dropped-before',
  'dropped-after',
  'error-after',
  'late',
  'nonsense',
] as const satisfies readonly Weather[];
const weathers = fc.array(fc.constantFrom<Weather>(...KINDS), { maxLength: 4 });
type Purpose = 'call' | 'fence';
const purposes = fc.array(fc.constantFrom<Purpose>('call', 'call', 'fence'), { minLength: 1, maxLength: 3 });

/** Every kind of weather at least once, and the worst case that this test has found so far. */
const EXAMPLES: [Weather[], Purpose[], number][] = [
  ...KINDS.map((kind): [Weather[], Purpose[], number] => [[kind], ['call'], 10]),
  [['nonsense', 'refused'], ['call'], 0],
];

describe('a write happens once, whatever the weather', () => {
  it.each<[DoubtKind, boolean]>([
    ['look-up', false],
    ['repeat-and-look-up', true],
    ['park', false],
  ])(
    'with %s in doubt',
    async (doubt, honoursKeys) => {
      const seen = new Map<Weather, number>();
      await fc.assert(
        fc.asyncProperty(weathers, purposes, fc.nat({ max: 30 }), async (weather, asked, lagMs) => {
          toy.reset();
          toy.honoursKeys = honoursKeys;
          toy.weather.push(...weather);
          toy.lagMs = lagMs;
          const host = toyHost(journal, { url: toy.url, doubt });
          const thing = `thing-${(things += 1)}`;
          const ends = await Promise.all(asked.map((purpose) => insist(host, thing, purpose)));
          await pause(100); // Whatever is still on its way has arrived.
          for (const [kind, count] of toy.observed) seen.set(kind, (seen.get(kind) ?? 0) + count);

          const row = await readEffect(journal, 'toy.do', thing);
          expect(toy.done.length).toBeLessThanOrEqual(1);
          expect(ends.map(({ ended }) => ended)).not.toContain('tired');
          if (ends.some(({ ended }) => ended === 'output')) {
            expect(toy.done).toHaveLength(1);
            expect(row?.state).toBe('done');
          }
          if (ends.some(({ ended }) => ended === 'never' || ended === 'fenced')) {
            expect(toy.done).toHaveLength(0);
            expect(row?.state).toBe('fenced');
          }
          if (ends.some(({ ended }) => ended === 'parked')) expect(doubt).toBe('park');
        }),
        { numRuns: 30, examples: EXAMPLES },
      );
      // A run that did not see its faults has shown nothing.
      for (const kind of KINDS) {
        expect(seen.get(kind) ?? 0).toBeGreaterThan(0);
      }
    },
    240_000,
  );
});

describe('an effect that was done', () => {
  it('is answered from the journal, and refused with other ids or money', async () => {
    toy.reset();
    const host = toyHost(journal, { url: toy.url, doubt: 'look-up' });
    await host.run('toy.do', { thing: 'kept', amount: 5, note: 'first' }, at(1));
    await expect(host.run('toy.do', { thing: 'kept', amount: 5, note: 'second' }, at(1))).resolves.toEqual({
      thing: 'done',
    });
    await expect(host.run('toy.do', { thing: 'kept', amount: 6 }, at(1))).rejects.toMatchObject({
      code: 'effect.input-changed',
    });
    expect(toy.done).toHaveLength(1);
  });

  it('lets a second worker wait for the first one instead of calling', async () => {
    toy.reset();
    const host = toyHost(journal, { url: toy.url, doubt: 'look-up' });
    const ends = await Promise.all(Array.from({ length: 10 }, () => insist(host, 'at-once', 'call')));
    expect(ends.every(({ ended }) => ended === 'output')).toBe(true);
    expect(toy.done).toHaveLength(1);
  });
});
