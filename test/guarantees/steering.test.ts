import { Client, Connection } from '@temporalio/client';
import { CALLED_OFF, givenBack, sold } from '../harness/ledgers.ts';
import { type Answer, type Begun, openShop, type Shop } from '../harness/shop.ts';

let shop: Shop;
let connection: Connection;
let temporal: Client;
beforeAll(async () => {
  // Parked flows are tried again only after a minute: what happens sooner, an operator did.
  shop = await openShop({ retry: { parkedEvery: '1m', afterwards: '2s', whileWaiting: '2s' } });
  connection = await Connection.connect({ address: process.env['CC_TEST_TEMPORAL'] ?? '' });
  temporal = new Client({ connection });
}, 120_000);
afterAll(async () => {
  await connection.close();
  await shop[Symbol.asyncDispose]();
});
afterEach(() => {
  for (const peer of [shop.peers.lms, shop.peers.stripe, shop.peers.orders]) peer.faults.clear();
});

const steer = (bought: Begun, verb: string, body: object): Promise<Answer> =>
  shop.call('POST', `/v1/ops/flows/${bought.id}/${verb}`, {
    learner: '42',
    roles: ['operator'],
    body: { reason: 'test', ...body },
  });

/** The park id, once the flow has parked on this step. */
const parkedOn = async (bought: Begun, step: string): Promise<string> => {
  await shop.until(bought, ['needs-attention']);
  const { park } = await shop.story(bought.id);
  expect(park).toContain(`${step}#`);
  return park ?? '';
};

/** A purchase whose money is taken, and whose grant parks because the LMS is away. */
const parkedGrant = async (): Promise<{ bought: Begun; park: string; heal: () => void }> => {
  shop.peers.lms.faults.arm({
    match: { method: 'POST', path: '/api/enrollment/v1/enrollment' },
    kind: 'status',
    status: 503,
    times: 'always',
  });
  const bought = await shop.begin();
  await shop.pay(bought.answer);
  return {
    bought,
    park: await parkedOn(bought, 'enrollment.grant'),
    heal: () => shop.peers.lms.faults.clear(),
  };
};

describe('an operator', () => {
  it('retries a parked step at once, and only one of two who press the button has an effect', async () => {
    const { bought, park, heal } = await parkedGrant();
    heal();
    const answers = await Promise.all([steer(bought, 'retry', { park }), steer(bought, 'retry', { park })]);
    expect(answers.map(({ status }) => status).toSorted((a, b) => a - b)).toEqual([200, 409]);
    expect(await shop.ending(bought)).toBe('completed');
    expect(shop.ledgers(bought)).toEqual(sold());
    const steered = (await shop.story(bought.id)).events.filter(({ kind }) => kind === 'steered');
    expect(steered[0]?.detail).toMatchObject({
      verb: 'retry',
      actor: 'user-42',
      verified: true,
      reason: 'test',
    });
  });

  it('abandons a purchase that cannot be fulfilled: the money goes back', async () => {
    const { bought, park } = await parkedGrant();
    expect((await steer(bought, 'abandon', { park })).status).toBe(200);
    shop.peers.lms.faults.clear();
    await shop.until(bought, ['declined', 'refunded']);
    expect(shop.ledgers(bought)).toEqual({ ...givenBack(), mails: [] });
  });

  it('cannot skip a capture with an invented reference, and can with the one that Stripe confirms', async () => {
    shop.peers.stripe.faults.arm({
      match: { method: 'POST', path: '/capture$' },
      kind: 'status',
      status: 503,
      times: 'always',
    });
    const bought = await shop.begin();
    await shop.pay(bought.answer);
    const amount = { amount: 4_900, currency: 'USD' };
    const captured = (payment: string) => ({ status: 'captured', payment, service: 'stripe', amount });
    const first = await parkedOn(bought, 'payment.capture');
    await steer(bought, 'skip', { park: first, output: captured('pi_invented') });
    const second = await until(async () => {
      const { park } = await shop.story(bought.id);
      return park !== undefined && park !== first ? park : undefined;
    });
    expect(shop.ledgers(bought).captures).toEqual([]);
    // Somebody captures it in Stripe's dashboard.
    shop.peers.stripe.faults.clear();
    const url = `${shop.peers.stripe.url}/v1/payment_intents/${bought.payment}/capture`;
    await fetch(url, {
      method: 'POST',
      headers: { authorization: `Bearer ${shop.peers.env['STRIPE_SECRET_KEY']}` },
    });
    await steer(bought, 'skip', { park: second, output: captured(bought.payment) });
    expect(await shop.ending(bought)).toBe('completed');
    expect(shop.ledgers(bought)).toEqual(sold());
  });

  it('holds a flow before its next step, and lets it go on', async () => {
    const bought = await shop.begin();
    expect((await steer(bought, 'hold', {})).status).toBe(200);
    await shop.pay(bought.answer);
    await shop.say(bought, 'payment.returned');
    await until(async () => ((await shop.story(bought.id)).waits?.includes('release') ? true : undefined));
    expect(shop.ledgers(bought).captures).toEqual([]);
    await steer(bought, 'release', {});
    expect(await shop.ending(bought)).toBe('completed');
    expect(shop.ledgers(bought)).toEqual(sold());
  });

  it('is told which park id is right when it names another', async () => {
    const { bought, park, heal } = await parkedGrant();
    const wrong = await steer(bought, 'retry', { park: 'enrollment.grant#7@somewhere' });
    expect(wrong.status).toBe(409);
    expect(wrong.body['code']).toBe('steer.stale-park');
    expect(wrong.body['detail']).toContain(park);
    heal();
    await steer(bought, 'retry', { park });
    expect(await shop.ending(bought)).toBe('completed');
  });
});

describe('somebody in the Temporal UI, whom nobody vouches for,', () => {
  it('cannot steer a step that moves money or grants', async () => {
    const { bought, park, heal } = await parkedGrant();
    const asked = { park, actor: 'whoever', reason: 'test' };
    await expect(
      temporal.workflow.getHandle(bought.id).executeUpdate('abandon', { args: [asked] }),
    ).rejects.toThrow('failed');
    expect((await shop.story(bought.id)).park).toBe(park);
    heal();
    await steer(bought, 'retry', { park });
    expect(await shop.ending(bought)).toBe('completed');
    expect(shop.ledgers(bought)).toEqual(sold());
  });

  it('can steer the others, and is recorded as unverified', async () => {
    shop.peers.orders.faults.arm({
      match: { method: 'POST', path: '/record$' },
      kind: 'status',
      status: 503,
      times: 'always',
    });
    const bought = await shop.begin();
    await shop.pay(bought.answer);
    const park = await parkedOn(bought, 'order.record');
    shop.peers.orders.faults.clear();
    const asked = { park, actor: 'whoever', reason: 'test' };
    await temporal.workflow.getHandle(bought.id).executeUpdate('retry', { args: [asked] });
    expect(await shop.ending(bought)).toBe('completed');
    const steered = (await shop.story(bought.id)).events.find(({ kind }) => kind === 'steered');
    expect(steered?.detail).toMatchObject({ actor: 'whoever', verified: false });
    expect(await shop.violations()).toEqual([]);
  });
});

describe('a step that fails before any money may have moved', () => {
  it('is not parked: the flow gives up and leaves nothing', async () => {
    shop.peers.orders.faults.arm({
      match: { method: 'POST', path: '/v1/orders$' },
      kind: 'status',
      status: 503,
      times: 'always',
    });
    const learner = shop.newLearner();
    const answer = await shop.buy(learner);
    expect(await shop.ending({ id: answer.body.id, learner })).toBe('declined');
    expect(shop.ledgers({ id: answer.body.id, learner })).toEqual({ ...CALLED_OFF, orders: [], intents: [] });
  });
});

const until = async <T>(look: () => Promise<T | undefined>): Promise<T> => {
  const deadline = performance.now() + 30_000;
  for (;;) {
    const seen = await look();
    if (seen !== undefined) return seen;
    if (performance.now() > deadline) throw new Error('It never came to that.');
    await new Promise((again) => setTimeout(again, 100));
  }
};
