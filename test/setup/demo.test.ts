import { judge, ledgerTable, type Made } from '../../tools/demo/judge.ts';
import { givenBack, sold } from '../harness/ledgers.ts';

const made = (change: Partial<Made> = {}): Made => ({
  title: 'Ada buys a course.',
  order: 'CC-1',
  status: 'completed',
  endsAs: 'completed',
  currency: 'USD',
  holds: sold(4_900),
  leaves: sold(4_900),
  fault: undefined,
  ...change,
});

describe('the judgement of the demonstration', () => {
  test('has nothing to say when all is as it must be', () => {
    expect(judge([made(), made({ fault: { planned: 4, observed: 4 } })], [])).toEqual([]);
  });

  test.each([
    ['money was taken twice', { holds: { ...sold(4_900), captures: [4_900, 4_900] } }, /\[4900,4900\]/],
    ['nobody was enrolled', { holds: { ...sold(4_900), enrollments: [] } }, /"enrollments":\[\]/],
    ['too little came back', { holds: { ...givenBack(), refunds: [100] }, leaves: givenBack() }, /\[100\]/],
    ['it ended otherwise', { status: 'expired' }, /'expired' instead of 'completed'/],
    ['the fault never happened', { fault: { planned: 4, observed: 0 } }, /0 times instead of 4/],
  ])('says so in one sentence when %s', (_what, change, sentence) => {
    expect(judge([made(change)], [])).toEqual([expect.stringMatching(sentence)]);
  });

  test('quotes each violation', () => {
    expect(judge([], [{ code: 'money.captured-twice' }])).toEqual([
      expect.stringContaining('money.captured-twice'),
    ]);
  });

  test('comes with a table of what the Services hold', () => {
    const table = ledgerTable([made(), made({ status: 'refunded', holds: givenBack(9_900) })]);
    expect(table[1]).toMatch(/^ {2}1 +CC-1 +completed +1 \(49\.00 USD\) +0 +1 +1$/);
    expect(table[2]).toMatch(/^ {2}2 +CC-1 +refunded +1 \(99\.00 USD\) +1 \(99\.00 USD\) +0 +1$/);
  });
});
