import { randomUUID } from 'node:crypto';
import type { Fact } from '../../contracts/define.ts';
import type { Journal } from '../../journal/connect.ts';
import { appendEvent } from '../../journal/events.ts';
import { recordFacts } from '../../journal/facts.ts';
import { insertFlow } from '../../journal/flows.ts';
import { openIncident } from '../../journal/incidents.ts';
import { findViolations, type FlowState, type Limits, type Violation } from '../../journal/violations.ts';

const micros = (ms: number): number => ms * 1_000;
type Kind = Fact['kind'];
interface NewFact {
  readonly state?: string;
  readonly amount?: number;
  readonly currency?: string;
  readonly line?: string;
  readonly reference?: string;
  readonly ageMs?: number;
}
interface NewEffect {
  readonly action: string;
  readonly state: string;
  readonly key?: string;
  readonly generation?: number;
  readonly moves?: 'money' | 'grant';
  readonly output?: object;
  readonly lateOutput?: object;
  readonly errorCode?: string;
  readonly reference?: string;
  /** How long ago its lease ended and its doubt began. */
  readonly ageMs?: number;
}

const json = (value: object | undefined): string | null => (value ? JSON.stringify(value) : null);

const insertEffect = (journal: Journal, subject: Subject, given: NewEffect): Promise<number> => {
  const { action, state, key = `${subject.order}/x`, generation = 1, moves, reference, ageMs = 0 } = given;
  return journal.run(
    `INSERT INTO effects (action, effect_key, generation, state, plugin, service, moves, digest, input, output, late_output,
       error_code, reference, order_number, flow_type, flow_id, step, lease_until, unknown_since)
     VALUES (?, ?, ?, ?, 'processor', 'processor', ?, UNHEX(SHA2('', 256)), '{}', ?, ?, ?, ?, ?, 'purchase', ?, 'step',
       IF(? = 'claimed', NOW(6) - INTERVAL ? MICROSECOND, NULL), IF(? = 'unknown', NOW(6) - INTERVAL ? MICROSECOND, NULL))`,
    [
      ...[action, key, generation, state, moves ?? null, json(given.output), json(given.lateOutput)],
      ...[given.errorCode ?? null, reference ?? null, subject.order, subject.flow],
      ...[state, micros(ageMs), state, micros(ageMs)],
    ],
  );
};

interface Subject {
  readonly order: string;
  readonly flow: string;
}

const insertFact = async (
  journal: Journal,
  { order, flow }: Subject,
  given: NewFact & { kind: Kind },
): Promise<void> => {
  const { kind, state = 'succeeded', amount = 4_900, currency = 'USD', line, ageMs } = given;
  const reference = given.reference ?? `${order}/${kind}/${line ?? ''}`;
  const fact = {
    ...{ kind, state, order, line, service: kind === 'granted' ? 'lms' : 'processor', reference },
    ...(kind !== 'granted' && { money: { amount, currency } }),
  } as Fact;
  await recordFacts(journal, [fact], { source: fact.service, flow });
  if (ageMs === undefined) return;
  await journal.run('UPDATE facts SET changed_at = NOW(6) - INTERVAL ? MICROSECOND WHERE reference = ?', [
    micros(ageMs),
    reference,
  ]);
};

/** One order with one flow in a real journal, and the ways to make it sound or broken. */
export const orderInJournal = (journal: Journal) => {
  const order = `T-${randomUUID().slice(0, 12)}`;
  const flow = `purchase:${order}`;

  const fact = (kind: Kind, given: NewFact = {}): Promise<void> =>
    insertFact(journal, { order, flow }, { kind, ...given });
  /** All that is wrong with this order and its flow; every test has its own, so they share one database. */
  const violations = async (
    describeFlow?: (id: string) => Promise<FlowState>,
    openFor: Partial<Limits> = {},
  ): Promise<readonly Violation[]> => {
    const all = await findViolations({ journal, describeFlow }, { openFor });
    return all.filter(
      (found) => found.order === order || found.flow === flow || found.detail.includes(order),
    );
  };

  return {
    order,
    flow,
    fact,
    due: (line: string, amount: number) => fact('due', { line, amount }),
    captured: (amount = 4_900, more: NewFact = {}) => fact('captured', { amount, ...more }),
    refunded: (amount = 4_900, more: NewFact = {}) => fact('refunded', { amount, ...more }),
    granted: (line: string, more: NewFact = {}) => fact('granted', { line, state: 'held', ...more }),

    /** The flow of the order: `quietMs` is how long nothing has happened in it. */
    async openFlow({ quietMs = 0 }: { quietMs?: number } = {}): Promise<void> {
      await insertFlow(journal, { id: flow, type: 'purchase', learner: '1001', input: {} });
      await appendEvent(journal, { flow, kind: 'done', order, status: 'paying' });
      await journal.run('UPDATE flows SET updated_at = NOW(6) - INTERVAL ? MICROSECOND WHERE id = ?', [
        micros(quietMs),
        flow,
      ]);
    },
    async endFlow({ agoMs = 0 }: { agoMs?: number } = {}): Promise<void> {
      await journal.run('UPDATE flows SET ended_at = NOW(6) - INTERVAL ? MICROSECOND WHERE id = ?', [
        micros(agoMs),
        flow,
      ]);
    },
    incident: () =>
      openIncident(journal, {
        flow,
        kind: 'parked',
        step: 'grant',
        code: 'service.refused',
        message: 'for the test',
      }),

    effect: (given: NewEffect) => insertEffect(journal, { order, flow }, given),

    violations,
    codes: async (describeFlow?: (id: string) => Promise<FlowState>): Promise<readonly string[]> =>
      (await violations(describeFlow)).map(({ code }) => code),
  };
};
