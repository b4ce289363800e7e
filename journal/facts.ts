import type { Fact } from '../contracts/define.ts';
import type { Sql } from './connect.ts';

/**
 * How much a state outweighs others of its kind, by the processors' own state graphs: a capture that succeeded is never
 * taken back by a late failure; a refund that succeeded can still fail days later.
 */
const RANK: Readonly<Record<Fact['kind'], Readonly<Record<string, number>>>> = {
  due: { due: 0 },
  authorized: { pending: 1, succeeded: 2, failed: 3, canceled: 3 },
  captured: { pending: 1, failed: 2, canceled: 2, succeeded: 3 },
  refunded: { pending: 1, succeeded: 2, failed: 3, canceled: 3 },
  disputed: { pending: 1, succeeded: 2, failed: 2, canceled: 2 },
  granted: { held: 1, revoked: 2 },
};

/** By rank of the state, then by whether the Service that owns the record said so itself. */
const strengthOf = (fact: Fact, source: string): number =>
  (RANK[fact.kind][fact.kind === 'due' ? 'due' : fact.state] ?? 0) * 10 + (fact.service === source ? 1 : 0);

/** Records what `source` observed. A stronger fact is never overwritten by a weaker one. */
export const recordFacts = async (
  sql: Sql,
  facts: readonly Fact[],
  { source, flow }: { readonly source: string; readonly flow?: string | undefined },
): Promise<void> => {
  for (const fact of facts) {
    const money = 'money' in fact ? fact.money : undefined;
    await sql.run(
      `INSERT INTO facts (service, kind, reference, order_number, line, state, strength, amount, currency, source, flow_id)
       VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
       ON DUPLICATE KEY UPDATE
         state      = IF(VALUES(strength) > strength, VALUES(state), state),
         amount     = IF(VALUES(strength) > strength, VALUES(amount), amount),
         currency   = IF(VALUES(strength) > strength, VALUES(currency), currency),
         source     = IF(VALUES(strength) > strength, VALUES(source), source),
         changed_at = IF(VALUES(strength) > strength, NOW(6), changed_at),
         strength   = GREATEST(strength, VALUES(strength))`,
      [
        fact.service,
        fact.kind,
        fact.reference,
        fact.order,
        fact.line ?? null,
        fact.kind === 'due' ? 'due' : fact.state,
        strengthOf(fact, source),
        money?.amount ?? null,
        money?.currency ?? null,
        source,
        flow ?? null,
      ],
    );
  }
};
