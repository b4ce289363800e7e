import { orderInJournal } from './order-in-journal.ts';
import { useTestJournal } from './test-journal.ts';

const MINUTE = 60_000;

describe('writes that nobody finishes, or that were done twice, are found', () => {
  const journal = useTestJournal();
  const order = async () => {
    const one = orderInJournal(journal());
    await one.openFlow();
    return one;
  };

  it('effect.claim-forgotten: the lease has ended and nobody has looked', async () => {
    const one = await order();
    await one.effect({ action: 'order.open', state: 'claimed', ageMs: MINUTE });
    expect(await one.codes()).toEqual([]);
    await one.effect({ action: 'payment.start', state: 'claimed', ageMs: 6 * MINUTE });
    expect(await one.violations()).toMatchObject([
      {
        code: 'effect.claim-forgotten',
        order: one.order,
        flow: one.flow,
        detail: expect.stringContaining('payment.start'),
      },
    ]);
    await one.incident();
    expect(await one.codes()).toEqual([]);
  });

  it('effect.in-doubt: nobody knows, and nobody is told', async () => {
    const one = await order();
    await one.effect({ action: 'order.open', state: 'unknown', ageMs: MINUTE });
    expect(await one.codes()).toEqual([]);
    await one.effect({ action: 'payment.capture', state: 'unknown', ageMs: 20 * MINUTE });
    expect(await one.codes()).toEqual(['effect.in-doubt']);
    await one.incident();
    expect(await one.codes()).toEqual([]);
  });

  it('effect.in-doubt: an incident of the same order speaks for it, whichever flow it came from', async () => {
    const one = await order();
    await one.effect({ action: 'payment.capture', state: 'unknown', ageMs: 20 * MINUTE });
    await journal().run(
      `INSERT INTO incidents (flow_id, order_number, kind, step, code, message) VALUES (?, ?, 'parked', 's', 'c', 'm')`,
      [`refund:${one.order}`, one.order],
    );
    expect(await one.codes()).toEqual([]);
  });

  it.each(['unknown', 'claimed', 'done', 'reversed', 'fenced'])(
    'effect.written-on-doubt: a second generation after one that is %s',
    async (state) => {
      const one = await order();
      await one.effect({ action: 'payment.capture', state });
      await one.effect({ action: 'payment.capture', state: 'done', generation: 2 });
      expect(await one.codes()).toEqual(['effect.written-on-doubt']);
    },
  );

  it('effect.written-on-doubt: after a certain failure the next generation is right', async () => {
    const one = await order();
    await one.effect({ action: 'payment.capture', state: 'failed' });
    await one.effect({ action: 'payment.capture', state: 'done', generation: 2 });
    expect(await one.codes()).toEqual([]);
  });

  it('effect.answered-late: it counts as failed, and then the answer came', async () => {
    const one = await order();
    await one.effect({ action: 'payment.capture', state: 'failed', lateOutput: { status: 'captured' } });
    expect(await one.codes()).toEqual(['effect.answered-late']);

    const found = await order();
    await found.effect({ action: 'payment.capture', state: 'done', lateOutput: { status: 'captured' } });
    const malformed = { lateOutput: { odd: true }, errorCode: 'service.malformed-answer' };
    await found.effect({ action: 'order.open', state: 'failed', ...malformed });
    expect(await found.codes()).toEqual([]);
  });
});
