import { Client, Connection } from '@temporalio/client';
import { boundariesOf, closedRun, resetAt } from '../harness/reset.ts';
import { CALLED_OFF, givenBack, type Ledgers, sold } from '../harness/ledgers.ts';
import { type Begun, openShop, type Shop } from '../harness/shop.ts';

let shop: Shop;
let connection: Connection;
let temporal: Client;
beforeAll(async () => {
  shop = await openShop();
  connection = await Connection.connect({ address: process.env['CC_TEST_TEMPORAL'] ?? '' });
  temporal = new Client({ connection });
}, 120_000);
afterAll(async () => {
  await connection.close();
  await shop[Symbol.asyncDispose]();
});

/** What a Reset may not change. Mails may come twice: a notice's duplicate is tolerable. */
const money = ({ mails: _mails, ...rest }: Ledgers): Omit<Ledgers, 'mails'> => rest;
const firstRun = async ({ id }: Begun): Promise<string> =>
  (await temporal.workflow.getHandle(id).describe()).runId;

/** Resets the first run at every workflow task, one after the other, and looks at the ledgers after each. */
const resetEverywhere = async (
  bought: Begun,
  expected: Ledgers,
  before?: () => void,
): Promise<readonly string[]> => {
  const run = { workflowId: bought.id, runId: await firstRun(bought) };
  const outcomes: string[] = [];
  const boundaries = await boundariesOf(temporal, run.workflowId, run.runId);
  expect(boundaries.length).toBeGreaterThan(5);
  for (const eventId of boundaries) {
    before?.();
    const runId = await resetAt(temporal, run, eventId);
    const { state, result } = await closedRun(temporal, { workflowId: bought.id, runId });
    outcomes.push(`${eventId}: ${(result as { status?: string } | undefined)?.status ?? state}`);
    expect({ eventId, ...money(shop.ledgers(bought)) }).toEqual({ eventId, ...money(expected) });
  }
  expect(await shop.violations()).toEqual([]);
  return outcomes;
};

describe('a Reset at any workflow task', () => {
  it('of a completed purchase charges and enrolls nobody again, and completes again', async () => {
    const bought = await shop.begin();
    await shop.pay(bought.answer);
    expect(await shop.ending(bought)).toBe('completed');
    const outcomes = await resetEverywhere(bought, sold());
    expect(outcomes.filter((outcome) => !outcome.endsWith('completed'))).toEqual([]);
  });

  it('of a completed purchase does the same when the price has changed since', async () => {
    const course = 'course-v1:edX+SecondX+2026';
    const bought = await shop.begin({ course, total: { amount: 9_900, currency: 'USD' } });
    await shop.pay(bought.answer);
    expect(await shop.ending(bought)).toBe('completed');
    shop.peers.discovery.setPrice({ course, mode: 'verified', price: '109.00' });
    const outcomes = await resetEverywhere(bought, sold(9_900));
    expect(outcomes.filter((outcome) => !outcome.endsWith('completed'))).toEqual([]);
  });

  it('of a refunded purchase gives the money back once', async () => {
    const bought = await shop.begin();
    shop.peers.lms.faults.arm({
      match: { method: 'POST', path: '/api/enrollment/v1/enrollment', contains: `learner-${bought.learner}` },
      kind: 'status',
      status: 403,
      times: 'always',
    });
    await shop.pay(bought.answer);
    expect(await shop.ending(bought)).toBe('refunded');
    await resetEverywhere(bought, givenBack());
    shop.peers.lms.faults.clear();
  });

  it('of a purchase that its learner gave up opens nothing again', async () => {
    const bought = await shop.begin();
    await shop.say(bought, 'purchase.cancel');
    expect(await shop.ending(bought)).toBe('canceled');
    await resetEverywhere(bought, CALLED_OFF);
  });

  it('of a parked purchase, after which the LMS heals, charges and enrolls once', async () => {
    const bought = await shop.begin();
    const outage = {
      match: { method: 'POST', path: '/api/enrollment/v1/enrollment', contains: `learner-${bought.learner}` },
      kind: 'status',
      status: 503,
      times: 'always',
    } as const;
    shop.peers.lms.faults.arm(outage);
    await shop.pay(bought.answer);
    await shop.until(bought, ['needs-attention']);
    const run = { workflowId: bought.id, runId: await firstRun(bought) };
    for (const eventId of await boundariesOf(temporal, run.workflowId, run.runId))
      await resetAt(temporal, run, eventId);
    shop.peers.lms.faults.clear();
    const { runId } = await temporal.workflow.getHandle(bought.id).describe();
    expect((await closedRun(temporal, { workflowId: bought.id, runId })).state).toBe('COMPLETED');
    expect(money(shop.ledgers(bought))).toEqual(money(sold()));
    expect(await shop.violations()).toEqual([]);
  });

  it('while a capture hangs in the old run captures once', async () => {
    const bought = await shop.begin();
    const hanging = shop.peers.stripe.faults.arm({
      match: { method: 'POST', path: `/v1/payment_intents/${bought.payment}/capture$` },
      kind: 'hold-before',
    });
    await shop.pay(bought.answer);
    await hanging.reached;
    const run = { workflowId: bought.id, runId: await firstRun(bought) };
    const [first = 0] = await boundariesOf(temporal, run.workflowId, run.runId);
    await resetAt(temporal, run, first);
    hanging.release();
    expect(await shop.ending(bought)).toBe('completed');
    expect(money(shop.ledgers(bought))).toEqual(money(sold()));
    expect(hanging.observed).toBe(1);
    expect(await shop.violations()).toEqual([]);
  });
});
