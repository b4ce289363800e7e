import { orderInJournal } from './order-in-journal.ts';
import { useTestJournal } from './test-journal.ts';

const HOUR = 3_600_000;
const DAY = 24 * HOUR;

describe('grants that do not fit the money are found', () => {
  const journal = useTestJournal();
  const paid = async (lines: Readonly<Record<string, number>> = { 1: 4_900 }, capturedAgoMs = 0) => {
    const one = orderInJournal(journal());
    await one.openFlow();
    for (const [line, amount] of Object.entries(lines)) await one.due(line, amount);
    const total = Object.values(lines).reduce((sum, amount) => sum + amount, 0);
    await one.captured(total, { ageMs: capturedAgoMs });
    return one;
  };

  it('grant.missing: paid, not granted, and the flow has ended', async () => {
    const one = await paid();
    expect(await one.codes()).toEqual([]); // Under way.
    await one.endFlow();
    expect(await one.violations()).toMatchObject([
      { code: 'grant.missing', order: one.order, line: '1', flow: one.flow, sinceMs: expect.any(Number) },
    ]);
    await one.granted('1');
    expect(await one.codes()).toEqual([]);
  });

  it('grant.missing: the flow still runs, but has had its time', async () => {
    expect(await (await paid({ 1: 4_900 }, HOUR)).codes()).toEqual([]);
    const late = await paid({ 1: 4_900 }, 3 * HOUR);
    expect(await late.codes()).toEqual(['grant.missing']);
    await late.incident();
    expect(await late.codes()).toEqual([]);
  });

  it('grant.missing: of two lines, the one that is neither granted nor given back', async () => {
    const one = await paid({ 1: 4_000, 2: 900 });
    await one.granted('1');
    await one.endFlow();
    expect(await one.violations()).toMatchObject([{ code: 'grant.missing', line: '2' }]);
    await one.refunded(900, { line: '2', state: 'pending' });
    expect(await one.codes()).toEqual([]);
  });

  it('grant.missing: an amount of another line going back excuses nothing', async () => {
    const one = await paid({ 1: 4_000, 2: 900 });
    await one.granted('1');
    await one.refunded(900, { line: '1' });
    await one.endFlow();
    // What is kept is the price of what is granted, less a goodwill refund on line 1: line 2 is still owed.
    expect(await one.violations()).toMatchObject([{ code: 'grant.missing', line: '2' }]);
  });

  it('grant.missing: the whole payment went back, or the share of the line by amount', async () => {
    const whole = await paid();
    await whole.refunded();
    await whole.endFlow();
    expect(await whole.codes()).toEqual([]);

    const share = await paid({ 1: 4_000, 2: 900 });
    await share.granted('1');
    await share.refunded(900);
    await share.endFlow();
    expect(await share.codes()).toEqual([]);
  });

  it('grant.missing: a refund that failed after the revocation', async () => {
    const one = await paid();
    await one.granted('1', { state: 'revoked' });
    await one.refunded();
    await one.endFlow();
    expect(await one.codes()).toEqual([]);
    await one.refunded(4_900, { state: 'failed' });
    expect(await one.codes()).toEqual(['grant.missing']);
  });

  it('grant.not-revoked: all went back, and the deadline for the revocation has passed', async () => {
    const one = await paid();
    await one.granted('1');
    await one.endFlow();
    await one.refunded(4_900, { ageMs: HOUR });
    expect(await one.codes()).toEqual([]);
    expect((await one.violations(undefined, { revokeMs: 0 })).map(({ code }) => code)).toEqual([
      'grant.not-revoked',
    ]);
    await one.granted('1', { state: 'revoked' });
    expect(await one.violations(undefined, { revokeMs: 0 })).toEqual([]);
  });

  it('grant.not-revoked: a dispute lost is money gone; a pending or partial refund is not', async () => {
    const disputed = await paid();
    await disputed.granted('1');
    await disputed.endFlow();
    await disputed.fact('disputed', { ageMs: 2 * DAY });
    expect(await disputed.codes()).toEqual(['grant.not-revoked']);

    const pending = await paid();
    await pending.granted('1');
    await pending.endFlow();
    await pending.refunded(4_899, { ageMs: 2 * DAY });
    await pending.refunded(1, { ageMs: 2 * DAY, state: 'pending', reference: `p-${pending.order}` });
    expect(await pending.codes()).toEqual([]);
  });

  it('grant.not-revoked: a free line of a refunded order keeps its own right', async () => {
    const one = await paid({ 1: 4_900, 2: 0 });
    await one.granted('1', { state: 'revoked' });
    await one.granted('2');
    await one.refunded(4_900, { ageMs: 2 * DAY });
    await one.endFlow();
    expect(await one.codes()).toEqual([]);
  });

  it('grant.without-right: granted, but not paid', async () => {
    const unpaid = orderInJournal(journal());
    await unpaid.due('1', 4_900);
    await unpaid.granted('1');
    expect(await unpaid.codes()).toEqual(['grant.without-right']);
    await unpaid.captured(4_900, { state: 'pending' });
    expect(await unpaid.codes()).toEqual(['grant.without-right']);
    await unpaid.captured(4_900);
    expect(await unpaid.codes()).toEqual([]);
  });

  it('grant.without-right: paid in part only, or nothing known at all', async () => {
    const part = orderInJournal(journal());
    await part.due('1', 4_900);
    await part.captured(4_899);
    await part.granted('1');
    expect(await part.codes()).toEqual(['grant.without-right']);

    const unknown = orderInJournal(journal());
    await unknown.granted('1');
    expect(await unknown.codes()).toEqual(['grant.without-right']);
  });

  it('grant.without-right: a free line needs no payment', async () => {
    const free = orderInJournal(journal());
    await free.due('1', 0);
    await free.granted('1');
    expect(await free.codes()).toEqual([]);
  });

  it('grant.repeated: one line, two grants by different references', async () => {
    const one = await paid();
    await one.granted('1');
    await one.endFlow();
    expect(await one.codes()).toEqual([]);
    await one.granted('1', { reference: `twice-${one.order}` });
    expect(await one.codes()).toEqual(['grant.repeated']);
    await one.granted('1', { reference: `twice-${one.order}`, state: 'revoked' });
    expect(await one.codes()).toEqual([]);
  });
});
