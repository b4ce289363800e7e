import { acceptedWithAge, arrivedWithAge } from './incoming-with-age.ts';
import { orderInJournal } from './order-in-journal.ts';
import { useTestJournal } from './test-journal.ts';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;

describe('what was accepted and is not acted on is found', () => {
  const journal = useTestJournal();

  it('request.not-started: Temporal has not taken the start', async () => {
    const fresh = orderInJournal(journal());
    await fresh.openFlow();
    await acceptedWithAge(journal(), fresh.flow, { state: 'claimed', ageMs: MINUTE });
    expect(await fresh.codes()).toEqual([]);

    const old = orderInJournal(journal());
    await old.openFlow();
    await acceptedWithAge(journal(), old.flow, { state: 'claimed', ageMs: 11 * MINUTE });
    expect(await old.codes()).toEqual(['request.not-started']);

    const started = orderInJournal(journal());
    await started.openFlow();
    await acceptedWithAge(journal(), started.flow, { state: 'started', ageMs: 11 * MINUTE });
    expect(await started.codes()).toEqual([]);
  });

  it('request.without-flow: the journal forgot what it had promised', async () => {
    const one = orderInJournal(journal());
    await acceptedWithAge(journal(), one.flow, { state: 'started', ageMs: 0 });
    expect(await one.codes()).toEqual(['request.without-flow']);
    await one.openFlow();
    expect(await one.codes()).toEqual([]);
  });

  it('message.waiting: its flow has not taken it', async () => {
    const one = orderInJournal(journal());
    await arrivedWithAge(journal(), one.flow, { state: 'waiting', ageMs: MINUTE });
    await arrivedWithAge(journal(), one.flow, { state: 'consumed', ageMs: 2 * HOUR });
    expect(await one.codes()).toEqual([]);
    await arrivedWithAge(journal(), one.flow, { state: 'waiting', ageMs: 2 * HOUR });
    expect(await one.codes()).toEqual(['message.waiting']);
  });

  it('message.dead: nobody wanted it', async () => {
    const one = orderInJournal(journal());
    await arrivedWithAge(journal(), one.flow, { state: 'ignored', ageMs: HOUR });
    expect(await one.codes()).toEqual([]);
    await arrivedWithAge(journal(), one.flow, { state: 'dead', ageMs: 0 });
    expect(await one.codes()).toEqual(['message.dead']);
  });
});
