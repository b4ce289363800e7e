import { startLms, type LmsPeer } from '../../test/peers/lms/start-lms.ts';
import { startDiscovery, type DiscoveryPeer } from '../../test/peers/start-discovery.ts';
import { secrets } from '../../test/peers/world.ts';
import { actionOf, callFor, failureOf } from '../sdk/testing.ts';
import { discovery } from './plugin.ts';

const DEMO = 'course-v1:edX+DemoX+2026';
const SECOND = 'course-v1:edX+SecondX+2026';
const TOKYO = 'course-v1:edX+TokyoX+2026';

let peer: DiscoveryPeer;
let tokens: LmsPeer;
beforeAll(async () => {
  [peer, tokens] = await Promise.all([startDiscovery(), startLms(secrets.lms)]);
});
afterEach(() => peer.reset());
afterAll(() => Promise.all([peer.stop(), tokens.stop()]));

const { run } = actionOf(discovery, 'catalog.quote');
const quote = (...items: { courseRun: string; mode?: string }[]) =>
  run(
    { purchase: 'p-1', learner: '1001', items },
    callFor(discovery, {
      url: `${peer.url}/`,
      tokenUrl: `${tokens.url}/oauth2/access_token`,
      ...secrets.lms,
    }),
  );
/** What the catalog could say, but the peer does not. */
const said = (change: object) => {
  const seat = { type: 'verified', price: '49.00', currency: 'USD', upgrade_deadline: null };
  const run = {
    title: 'T',
    status: 'published',
    enrollment_start: null,
    enrollment_end: null,
    seats: [seat],
    ...change,
  };
  return peer.faults.arm({ match: { method: 'GET' }, kind: 'malformed', body: run });
};

describe('a quote', () => {
  test('names each line by its place, with the price in minor units', async () => {
    expect(await quote({ courseRun: DEMO }, { courseRun: SECOND })).toEqual({
      status: 'quoted',
      quote: {
        learner: '1001',
        lines: [
          {
            id: '1',
            courseRun: DEMO,
            mode: 'verified',
            title: 'Demonstration Course',
            total: { amount: 4_900, currency: 'USD' },
          },
          {
            id: '2',
            courseRun: SECOND,
            mode: 'verified',
            title: 'Second Course',
            total: { amount: 9_900, currency: 'USD' },
          },
        ],
        total: { amount: 14_800, currency: 'USD' },
      },
    });
  });

  test('counts yen as yen, and nothing as nothing', async () => {
    expect(await quote({ courseRun: TOKYO })).toMatchObject({
      quote: { total: { amount: 5_000, currency: 'JPY' } },
    });
    expect(await quote({ courseRun: 'course-v1:edX+FreeX+2026' })).toMatchObject({
      quote: { total: { amount: 0 } },
    });
  });

  test.each(['19.99', '0.29', '1145.15'])('keeps every cent of %s', async (price) => {
    peer.setPrice({ course: DEMO, mode: 'verified', price });
    expect(await quote({ courseRun: DEMO })).toMatchObject({
      quote: { total: { amount: Number(price.replace('.', '')) } },
    });
  });

  test.each([
    ['unknown-course', [{ courseRun: 'course-v1:edX+Nowhere+2026' }]],
    ['no-such-seat', [{ courseRun: DEMO, mode: 'professional' }]],
    ['enrollment-closed', [{ courseRun: 'course-v1:edX+ClosedX+2020' }]],
    ['several-currencies', [{ courseRun: DEMO }, { courseRun: TOKYO }]],
  ])('is refused as %s', async (reason, items) => {
    expect(await quote(...items)).toEqual({ status: 'refused', reason });
  });

  const past = '2020-01-01T00:00:00Z';
  const ended = { type: 'verified', price: '49.00', currency: 'USD', upgrade_deadline: past };
  test.each([
    ['not-published', { status: 'unpublished' }],
    ['enrollment-closed', { enrollment_start: '2999-01-01T00:00:00Z' }],
    ['enrollment-closed', { enrollment_end: past }],
    ['enrollment-closed', { seats: [ended] }],
  ])('is refused as %s where the catalog says %j', async (reason, change) => {
    const fault = said(change);
    expect(await quote({ courseRun: DEMO })).toEqual({ status: 'refused', reason });
    expect(fault.observed).toBe(1);
  });

  test.each([49, '49.005', '-1.00', '1e3', ''])(
    'of the price %j parks: it may already be wrong',
    async (price) => {
      const fault = said({ seats: [{ type: 'verified', price, currency: 'USD', upgrade_deadline: null }] });
      expect(await failureOf(quote({ courseRun: DEMO }))).toMatchObject({
        name: 'ParkError',
        code: 'service.malformed-answer',
      });
      expect(fault.observed).toBe(1);
    },
  );

  test.each(['drop-before', 'drop-after', 'reset-after', 'status-after'] as const)(
    'is asked for again after %s',
    async (kind) => {
      const fault = peer.faults.arm({ match: { method: 'GET' }, kind });
      expect(await failureOf(quote({ courseRun: DEMO }))).toMatchObject({ code: 'service.unavailable' });
      expect(fault.observed).toBe(1);
      expect(await quote({ courseRun: DEMO })).toMatchObject({ status: 'quoted' });
    },
  );

  test('asks for a new token when the old one is refused', async () => {
    const fault = peer.faults.arm({ match: { method: 'GET' }, kind: 'status', status: 401 });
    expect(await quote({ courseRun: DEMO })).toMatchObject({ status: 'quoted' });
    expect(fault.observed).toBe(1);
  });
});
