import { Client, Connection } from '@temporalio/client';
import { setTimeout as pause } from 'node:timers/promises';
import { givenBack, sold } from '../harness/ledgers.ts';
import { boundariesOf, resetAt } from '../harness/reset.ts';
import { type Answer, type Begun, openShop, type Shop } from '../harness/shop.ts';

let shop: Shop;
let connection: Connection;
let temporal: Client;
beforeAll(async () => {
  shop = await openShop({ retry: { parkedEvery: '1m', afterwards: '2s', whileWaiting: '2s' } });
  connection = await Connection.connect({ address: process.env['CC_TEST_TEMPORAL'] ?? '' });
  temporal = new Client({ connection });
}, 120_000);
afterAll(async () => {
  await connection.close();
  await shop[Symbol.asyncDispose]();
});
const heal = (): void => {
  for (const peer of [shop.peers.lms, shop.peers.stripe]) peer.faults.clear();
};
afterEach(heal);

const GRANT = { method: 'POST', path: '/api/enrollment/v1/enrollment' } as const;
const steer = (bought: Begun, verb: string, body: object): Promise<Answer> =>
  shop.call('POST', `/v1/ops/flows/${bought.id}/${verb}`, {
    roles: ['operator'],
    body: { reason: 'test', ...body },
  });

const parkedOn = async (bought: Begun, step: string): Promise<string> => {
  const deadline = performance.now() + 30_000;
  for (;;) {
    const { park } = await shop.story(bought.id);
    if (park?.startsWith(`${step}#`)) return park;
    if (performance.now() > deadline) throw new Error(`It never parked on ${step}, but on ${park}.`);
    await pause(100);
  }
};
const paid = async (): Promise<Begun> => {
  const bought = await shop.begin();
  await shop.pay(bought.answer);
  return bought;
};

describe('while a flow is undoing', () => {
  it('abandon is refused, since it would leave the money with us', async () => {
    shop.peers.lms.faults.arm({ match: GRANT, kind: 'status', status: 403 });
    shop.peers.stripe.faults.arm({
      match: { method: 'POST', path: '/v1/refunds' },
      kind: 'status',
      status: 503,
      times: 'always',
    });
    const bought = await paid();
    const park = await parkedOn(bought, 'undo:payment.refund');
    const refused = await steer(bought, 'abandon', { park });
    expect([refused.status, refused.body['code']]).toEqual([409, 'steer.too-early']);
    heal();
    await steer(bought, 'retry', { park });
    expect(await shop.ending(bought)).toBe('refunded');
    expect(shop.ledgers(bought)).toEqual(givenBack());
  });

  it('a skipped fence counts as what the Service confirms: the grant is taken back with the money', async () => {
    const bought = await shop.begin();
    shop.peers.lms.faults.arm({ match: GRANT, kind: 'status-after' });
    // The check before the capture and the grant's own first look get through, the look-ups do not.
    shop.peers.lms.faults.arm({
      match: { method: 'GET', path: '/api/enrollment/v1/enrollment/' },
      kind: 'status',
      status: 503,
      times: 'always',
      after: 2,
    });
    await shop.pay(bought.answer);
    await steer(bought, 'abandon', { park: await parkedOn(bought, 'enrollment.grant') });
    const park = await parkedOn(bought, 'fence:enrollment.grant');
    heal();
    await steer(bought, 'skip', { park, output: { status: 'created' } });
    await shop.until(bought, ['declined', 'refunded']);
    expect(shop.ledgers(bought)).toMatchObject({
      captures: [4_900],
      refunds: [4_900],
      enrollments: ['enrolled', expect.stringContaining('unenrolled')],
    });
  });
});

describe('a refund that the processor says has failed', () => {
  it('is not given back: the flow parks, and a retry refunds under a new key', async () => {
    shop.peers.lms.faults.arm({ match: GRANT, kind: 'status', status: 403 });
    shop.peers.stripe.faults.arm({
      match: { method: 'POST', path: '/v1/refunds' },
      kind: 'status',
      status: 200,
      body: {
        id: 're_failed',
        object: 'refund',
        status: 'failed',
        amount: 4_900,
        currency: 'usd',
        metadata: {},
      },
    });
    const bought = await paid();
    const park = await parkedOn(bought, 'undo:payment.refund');
    expect(shop.ledgers(bought)).toMatchObject({ refunds: [], mails: [] });
    await steer(bought, 'retry', { park });
    expect(await shop.ending(bought)).toBe('refunded');
    expect(shop.ledgers(bought)).toEqual(givenBack());
    expect(await shop.violations()).toEqual([]);
  });
});

describe('a Reset during an outage', () => {
  it('parks instead of ending with the money kept, and goes on when the Service is back', async () => {
    shop.peers.lms.faults.arm({ match: GRANT, kind: 'status', status: 503, times: 'always' });
    const bought = await paid();
    await shop.until(bought, ['needs-attention']);
    shop.peers.lms.faults.arm({
      match: { path: '/api/user/' },
      kind: 'status',
      status: 503,
      times: 'always',
    });
    const { runId } = await temporal.workflow.getHandle(bought.id).describe();
    const [first = 0] = await boundariesOf(temporal, bought.id, runId);
    await resetAt(temporal, { workflowId: bought.id, runId }, first);
    const park = await parkedOn(bought, 'learner.read');
    const refused = await steer(bought, 'abandon', { park });
    expect(refused.body['code']).toBe('steer.too-early');
    heal();
    await steer(bought, 'retry', { park });
    expect(await shop.ending(bought)).toBe('completed');
    expect({ ...shop.ledgers(bought), mails: ['completed'] }).toEqual(sold());
    expect(await shop.violations()).toEqual([]);
  });
});
