import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';
import { Client, Connection } from '@temporalio/client';
import { accountOf, CALLED_OFF, sold } from '../harness/ledgers.ts';
import { openShop, type Shop } from '../harness/shop.ts';

let shop: Shop;
let connection: Connection;
beforeAll(async () => {
  shop = await openShop();
  connection = await Connection.connect({ address: process.env['CC_TEST_TEMPORAL'] ?? '' });
}, 120_000);
afterAll(async () => {
  await connection.close();
  await shop[Symbol.asyncDispose]();
});
afterEach(async () => {
  for (const peer of [shop.peers.stripe, shop.peers.lms, shop.peers.orders]) peer.faults.clear();
  expect(await shop.violations()).toEqual([]);
});

/** Flows that an operator finds by their failing Service; visibility lags behind the history. */
const untilFound = async (id: string, query: string, isFound: boolean): Promise<void> => {
  const client = new Client({ connection });
  for (let tries = 0; tries < 50; tries++) {
    const { count } = await client.workflow.count(`WorkflowId = '${id}' AND ${query}`);
    if (count > 0 === isFound) return;
    await pause(100);
  }
  throw new Error(`'${query}' never found ${id}: ${isFound}`);
};
const untilTrue = async (isTrue: () => boolean | Promise<boolean>): Promise<void> => {
  for (let tries = 0; !(await isTrue()); tries++) {
    if (tries > 150) throw new Error(`Never: ${isTrue.toString()}`);
    await pause(100);
  }
};
const incidentsOf = (id: string) =>
  shop.journal.rows<{ step: string; code: string; tries: number; is_open: number | null }>(
    'SELECT step, code, tries, is_open FROM incidents WHERE flow_id = ?',
    [id],
  );

describe('a Service that is away for longer than a step waits, after money was captured,', () => {
  it('leaves the purchase parked in sight, and heals by itself when it is back', async () => {
    const begun = await shop.begin();
    const { username } = accountOf(begun.learner);
    const down = shop.peers.lms.faults.arm({
      match: { method: 'POST', path: '/api/enrollment/', contains: `"${username}"` },
      ...{ kind: 'status', times: 'always' },
    });
    await shop.pay(begun.answer);
    await shop.until(begun, ['needs-attention']);
    expect(await incidentsOf(begun.id)).toEqual([
      { step: 'enrollment.grant', code: expect.any(String) as string, tries: 1, is_open: 1 },
    ]);
    const story = await shop.story(begun.id);
    expect(story).toMatchObject({
      status: 'needs-attention',
      waits: expect.stringContaining('enrollment.grant') as string,
      incidents: [{ kind: 'parked', step: 'enrollment.grant' }],
    });
    expect(story.events.filter(({ kind }) => kind === 'parked')).toHaveLength(1);
    await untilFound(begun.id, `CommerceStatus = 'needs-attention'`, true);
    await untilFound(begun.id, 'CommerceService IS NOT NULL', true);
    await untilFound(begun.id, `CommerceOrder = '${begun.order}'`, true);

    const tried = down.observed;
    await untilTrue(() => down.observed > tried);
    down.release();
    expect(await shop.ending(begun)).toBe('completed');
    expect(shop.ledgers(begun)).toEqual(sold());
    expect(await incidentsOf(begun.id)).toMatchObject([{ step: 'enrollment.grant', is_open: null }]);
    expect((await shop.story(begun.id)).events.some(({ kind }) => kind === 'unparked')).toBe(true);
    await untilFound(begun.id, 'CommerceService IS NULL', true);
    await untilFound(begun.id, `CommerceStatus = 'completed'`, true);
  });

  it('counts each try on one incident', async () => {
    const begun = await shop.begin();
    const down = shop.peers.orders.faults.arm({
      match: { method: 'POST', path: `/v1/orders/${begun.order}/record` },
      ...{ kind: 'status', times: 'always' },
    });
    await shop.pay(begun.answer);
    await shop.until(begun, ['needs-attention']);
    for (let tries = 0; tries < 100 && (await incidentsOf(begun.id))[0]?.tries === 1; tries++)
      await pause(100);
    const incidents = await incidentsOf(begun.id);
    expect(incidents).toHaveLength(1);
    expect(incidents[0]).toMatchObject({ step: 'order.record', tries: 2, is_open: 1 });
    down.release();
    expect(await shop.ending(begun)).toBe('completed');
    expect(shop.ledgers(begun)).toEqual(sold());
  });

  it('leaves a refund parked, and the money goes back once when it is back', async () => {
    const begun = await shop.begin();
    shop.peers.lms.forbid({ user: accountOf(begun.learner).username });
    const down = shop.peers.stripe.faults.arm({
      match: { method: 'POST', path: '/v1/refunds', contains: begun.payment },
      ...{ kind: 'status', times: 'always' },
    });
    await shop.pay(begun.answer);
    await shop.until(begun, ['needs-attention']);
    expect((await incidentsOf(begun.id))[0]?.step).toContain('payment.refund');
    down.release();
    expect(await shop.ending(begun)).toBe('refunded');
    expect(shop.ledgers(begun)).toMatchObject({ captures: [4_900], refunds: [4_900], orders: ['canceled'] });
  });
});

describe('a processor that is away when the payment shall start', () => {
  it('is given up when it cannot be reached at all: nothing moved, the order is canceled', async () => {
    await using away = await openShop({ services: { STRIPE_URL: await deadAddress() } });
    const learner = away.newLearner();
    const { body } = await away.buy(learner);
    const bought = { id: body.id, learner };
    await away.until(bought, ['declined'], 12_000);
    expect(away.ledgers(bought)).toEqual({ ...CALLED_OFF, intents: [] });
    expect(await away.violations()).toEqual([]);
  });

  it('leaves nothing in between when it answers 503 for a while: sold once, or called off', async () => {
    const { course, total } = shop.newCourse();
    const learner = shop.newLearner();
    const down = shop.peers.stripe.faults.arm({
      match: { method: 'POST', path: '^/v1/payment_intents$', contains: `amount=${total.amount}&` },
      ...{ kind: 'status', times: 'always' },
    });
    const { body } = await shop.buy(learner, { course, total });
    const bought = { id: body.id, learner, course };
    await shop.until(bought, ['declined', 'needs-attention']);
    expect(down.observed).toBeGreaterThan(1);
    expect(shop.ledgers(bought)).toMatchObject({ intents: [], enrollments: [] });
    down.release();
    const answer = await shop.payable(bought);
    if (answer.body.status !== 'declined') await shop.pay(answer);
    const status = await shop.ending(bought);
    expect([status, shop.ledgers(bought)]).toEqual(
      status === 'completed' ? [status, sold(total.amount)] : ['declined', { ...CALLED_OFF, intents: [] }],
    );
  });
});

/** An address where nobody listens. */
const deadAddress = async (): Promise<string> => {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return `http://127.0.0.1:${port}`;
};
