import { startSanctions, type SanctionsPeer } from '../../test/peers/start-sanctions.ts';
import { secrets } from '../../test/peers/world.ts';
import { actionOf, callFor, failureOf } from '../sdk/testing.ts';
import { sanctions } from './plugin.ts';

let peer: SanctionsPeer;
beforeAll(async () => {
  peer = await startSanctions(secrets.sanctions);
});
afterEach(() => peer.reset());
afterAll(() => peer.stop());

const { run } = actionOf(sanctions, 'sanctions.screen');
const screen = (name: string, apiKey: string = secrets.sanctions.apiKey) =>
  run(
    { purchase: 'p/1', learner: '1001', name, country: 'GB' },
    callFor(sanctions, { url: peer.url, apiKey }, { timeoutMs: 200 }),
  );

describe('a screening', () => {
  test.each([
    ['Ada Lovelace', 'clear'],
    ['Mallory Listed', 'hit'],
    ['Robin Doubt', 'review'],
  ])('of %s is %s', async (name, status) => {
    expect(await screen(name)).toEqual({ status });
    expect(peer.ledger.of('screened')).toEqual([expect.objectContaining({ reference: 'p/1', status })]);
  });

  test('asks the same question again, and hears what a person decided', async () => {
    await screen('Robin Doubt');
    peer.decide('p/1', 'clear');
    expect(await screen('Robin Doubt')).toEqual({ status: 'clear' });
    expect(peer.ledger.of('screened')).toHaveLength(1);
  });

  test.each([
    ['drop-before', {}],
    ['drop-after', {}],
    ['reset-after', {}],
    ['hang', {}],
    ['status', { status: 503 }],
    ['status', { status: 429 }],
    ['status-after', {}],
  ] as const)('without an answer (%s %j) is unavailable, never clear', async (kind, more) => {
    const fault = peer.faults.arm({ match: { method: 'PUT' }, kind, ...more });
    expect(await screen('Ada Lovelace')).toEqual({ status: 'unavailable' });
    expect(fault.observed).toBe(1);
  });

  test.each(['CLEAR', 'cleared', ''])(
    'answered with %j, which we do not know, goes to a person',
    async (status) => {
      const fault = peer.faults.arm({ match: { method: 'PUT' }, kind: 'malformed', body: { status } });
      expect(await screen('Ada Lovelace')).toEqual({ status: 'review' });
      expect(fault.observed).toBe(1);
    },
  );

  test('answered without a status is an error', async () => {
    const fault = peer.faults.arm({ match: { method: 'PUT' }, kind: 'malformed' });
    expect(await failureOf(screen('Ada Lovelace'))).toMatchObject({ code: 'service.malformed-answer' });
    expect(fault.observed).toBe(1);
  });

  test('with a wrong key is an error, not an outage', async () => {
    expect(await failureOf(screen('Ada Lovelace', 'wrong'))).toMatchObject({
      code: 'service.refused',
      status: 401,
    });
  });
});
