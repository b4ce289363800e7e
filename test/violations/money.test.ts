import { orderInJournal } from './order-in-journal.ts';
import { useTestJournal } from './test-journal.ts';

const HOUR = 3_600_000;
const DAY = 24 * HOUR;

describe('money that does not add up is found', () => {
  const journal = useTestJournal();
  /** Paid once, granted, ended: what a good purchase looks like. */
  const bought = async () => {
    const it = orderInJournal(journal());
    await it.openFlow();
    await it.due('1', 4_900);
    await it.captured();
    await it.granted('1');
    await it.endFlow();
    return it;
  };
  const authorized = async () => {
    const it = orderInJournal(journal());
    await it.openFlow();
    await it.due('1', 4_900);
    await it.fact('authorized', { reference: `pi_${it.order}` });
    return it;
  };

  it('capture.repeated: two captures of one order, even when one went back', async () => {
    const one = await bought();
    expect(await one.codes()).toEqual([]);
    await one.captured(4_900, { reference: `second-${one.order}` });
    expect(await one.codes()).toEqual(['capture.repeated', 'capture.exceeds-due']);
    await one.refunded(4_900);
    expect(await one.codes()).toEqual(['capture.repeated']);
  });

  it('capture.repeated: a second payment that failed is no capture', async () => {
    const one = await bought();
    await one.captured(4_900, { reference: `second-${one.order}`, state: 'failed' });
    expect(await one.codes()).toEqual([]);
  });

  it('capture.exceeds-due: more was taken than was due, until the rest goes back or somebody is told', async () => {
    const surplus = orderInJournal(journal());
    await surplus.due('1', 4_900);
    await surplus.captured(5_000);
    await surplus.granted('1');
    expect(await surplus.violations()).toMatchObject([
      { code: 'capture.exceeds-due', order: surplus.order, detail: expect.stringContaining('50.00 USD') },
    ]);
    await surplus.refunded(100);
    expect(await surplus.codes()).toEqual([]);

    const named = orderInJournal(journal());
    await named.openFlow();
    await named.captured(5_000);
    expect(await named.codes()).toEqual(['capture.exceeds-due']);
    await named.incident();
    expect(await named.codes()).toEqual([]);
  });

  it('refund.exceeds-captured: pending refunds count, failed ones do not', async () => {
    const one = await bought();
    await one.refunded(4_000, { reference: `a-${one.order}` });
    await one.refunded(900, { reference: `b-${one.order}`, state: 'failed' });
    expect(await one.codes()).toEqual([]);
    await one.refunded(901, { reference: `c-${one.order}`, state: 'pending' });
    expect(await one.codes()).toEqual(['refund.exceeds-captured']);
  });

  it('order.mixed-currencies: 49 dollars are not 49 euros', async () => {
    const one = await bought();
    expect(await one.codes()).toEqual([]);
    await one.fact('authorized', { currency: 'EUR', reference: `pi_${one.order}` });
    expect(await one.codes()).toContain('order.mixed-currencies');
  });

  it('authorization.standing: the flow has ended and the money is neither taken nor released', async () => {
    const one = await authorized();
    expect(await one.codes()).toEqual([]);
    await one.endFlow();
    expect(await one.violations()).toMatchObject([
      {
        code: 'authorization.standing',
        order: one.order,
        flow: one.flow,
        detail: expect.stringContaining('49.00 USD'),
      },
    ]);
    await one.incident();
    expect(await one.codes()).toEqual([]);
  });

  it('authorization.standing: the flow still runs, but the processor will soon drop the authorization', async () => {
    const one = await authorized();
    await one.fact('authorized', { reference: `old_${one.order}`, ageMs: 6 * DAY + HOUR });
    expect(await one.codes()).toEqual(['authorization.standing']);
  });

  it('authorization.standing: captured, canceled and undone ones do not stand', async () => {
    const captured = await authorized();
    await captured.captured(4_900, { reference: `pi_${captured.order}` });
    await captured.granted('1');
    await captured.endFlow();
    expect(await captured.codes()).toEqual([]);

    const canceled = await authorized();
    const output = { status: 'canceled', payment: `pi_${canceled.order}`, reason: 'abandoned' };
    await canceled.effect({ action: 'payment.cancel', state: 'done', moves: 'money', output });
    await canceled.endFlow();
    expect(await canceled.codes()).toEqual([]);

    const undone = await authorized();
    await undone.effect({
      action: 'payment.start',
      state: 'reversed',
      moves: 'money',
      reference: `pi_${undone.order}`,
    });
    await undone.endFlow();
    expect(await undone.codes()).toEqual([]);
  });

  it('authorization.standing: the deadline asked, and the processor answered that it is still authorized', async () => {
    const one = await authorized();
    const output = { status: 'authorized', payment: `pi_${one.order}` };
    await one.effect({ action: 'payment.cancel', state: 'done', moves: 'money', output });
    await one.endFlow();
    expect(await one.codes()).toEqual(['authorization.standing']);
  });

  it('refund.pending: a refund is not pending for ever', async () => {
    const one = await bought();
    await one.refunded(100, { state: 'pending', ageMs: 13 * DAY });
    expect(await one.codes()).toEqual([]);
    await one.refunded(200, { state: 'pending', ageMs: 15 * DAY, reference: `old-${one.order}` });
    expect(await one.codes()).toEqual(['refund.pending']);
  });
});
