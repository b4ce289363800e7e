import { insertClaims } from '../../journal/claims.ts';
import { findViolations, type FlowState } from '../../journal/violations.ts';
import { orderInJournal } from './order-in-journal.ts';
import { useTestJournal } from './test-journal.ts';

const MINUTE = 60_000;
const DAY = 24 * 60 * MINUTE;

describe('flows that nobody will finish are found', () => {
  const journal = useTestJournal();

  it('flow.quiet: open, and nothing has happened for too long', async () => {
    const one = orderInJournal(journal());
    await one.openFlow({ quietMs: 5 * DAY });
    expect(await one.codes()).toEqual(['flow.quiet']);
    await one.incident();
    expect(await one.codes()).toEqual([]);
  });

  it('flow.quiet: a review of three days and an ended flow are nothing odd', async () => {
    const inReview = orderInJournal(journal());
    await inReview.openFlow({ quietMs: 3 * DAY });
    expect(await inReview.codes()).toEqual([]);

    const ended = orderInJournal(journal());
    await ended.openFlow({ quietMs: 5 * DAY });
    await ended.endFlow();
    expect(await ended.codes()).toEqual([]);
  });

  it('claim.orphaned: a flow that has ended keeps the learner from buying', async () => {
    const one = orderInJournal(journal());
    await one.openFlow();
    await insertClaims(journal(), one.flow, [`${one.order}|run|verified`]);
    expect(await one.codes()).toEqual([]);
    await one.endFlow({ agoMs: MINUTE });
    expect(await one.codes()).toEqual([]);
    await one.endFlow({ agoMs: 6 * MINUTE });
    expect(await one.codes()).toEqual(['claim.orphaned']);
  });

  const openWithMoney = async (state = 'done') => {
    const one = orderInJournal(journal());
    await one.openFlow({ quietMs: 2 * MINUTE });
    await one.effect({ action: 'payment.start', state, moves: 'money' });
    return one;
  };

  it.each<FlowState>(['stuck', 'completed', 'failed', 'canceled', 'terminated', 'timed-out', 'missing'])(
    'flow.lost: money is open, and Temporal says %s',
    async (state) => {
      const one = await openWithMoney();
      expect(await one.codes(async () => 'running')).toEqual([]);
      expect(await one.codes(async (id) => (id === one.flow ? state : 'running'))).toEqual(['flow.lost']);
    },
  );

  it('flow.lost: without money, taken back, ended, or active a moment ago, there is nothing to adopt', async () => {
    const free = orderInJournal(journal());
    await free.openFlow({ quietMs: 2 * MINUTE });
    await free.effect({ action: 'order.open', state: 'done' });
    expect(await free.codes(async () => 'missing')).toEqual([]);

    const undone = await openWithMoney('reversed');
    expect(await undone.codes(async () => 'missing')).toEqual([]);

    const ended = await openWithMoney();
    await ended.endFlow();
    expect(await ended.codes(async () => 'completed')).toEqual([]);

    const active = orderInJournal(journal());
    await active.openFlow();
    await active.effect({ action: 'payment.start', state: 'done', moves: 'money' });
    expect(await active.codes(async () => 'missing')).toEqual([]);
  });

  it('check.incomplete: Temporal does not answer, so nobody may read the list as "none"', async () => {
    const one = await openWithMoney();
    const down = async (id: string): Promise<FlowState> => {
      if (id === one.flow) throw new Error('ECONNREFUSED');
      return 'running';
    };
    const found = await findViolations({ journal: journal(), describeFlow: down });
    expect(found.filter(({ code }) => code === 'check.incomplete')).toMatchObject([
      { detail: expect.stringContaining('whether 1 of ') },
    ]);
    expect(await one.codes(async () => 'running')).toEqual([]);
  });

  it('check.incomplete: with Temporal down, not every flow is waited for', async () => {
    for (let more = 0; more < 21; more++) await openWithMoney();
    let asked = 0;
    const down = (): Promise<FlowState> => {
      asked += 1;
      return Promise.reject(new Error('ECONNREFUSED'));
    };
    const found = await findViolations({ journal: journal(), describeFlow: down });
    expect(found.map(({ code }) => code)).toContain('check.incomplete');
    expect(asked).toBe(20);
  });
});
