import type { Sql } from '../connect.ts';
import {
  age,
  type Check,
  ENOUGH,
  flowIsNamed,
  type Limits,
  micros,
  type Violation,
  violationAt,
  type Where,
} from './violation.ts';

/**
 * How Temporal sees a flow. `stuck`: it runs, but its workflow task fails again and again. `missing`: Temporal does not
 * know it, or no longer.
 */
export type FlowState =
  'running' | 'stuck' | 'completed' | 'failed' | 'canceled' | 'terminated' | 'timed-out' | 'missing';

/** L1: everything open has a next event and a maximum age. */
export const noFlowForgotten: Check = async (sql, { quietMs }) => {
  const rows = await sql.rows<Where & { type: string; status: string }>(
    `SELECT f.id AS flow_id, f.type, f.status, f.order_number, ${age('f.updated_at')} FROM flows f
     WHERE f.ended_at IS NULL AND f.updated_at <= NOW(6) - INTERVAL ? MICROSECOND AND NOT ${flowIsNamed('f.id')} ${ENOUGH}`,
    [micros(quietMs)],
  );
  return rows.map((row) =>
    violationAt(
      'flow.quiet',
      row,
      `The ${row.type} is '${row.status}', and nothing has happened in it since.`,
    ),
  );
};

/** A claim that outlives its flow keeps the learner from buying. The sweeper gives it back. */
export const noClaimOutlivesItsFlow: Check = async (sql, { claimMs }) => {
  const rows = await sql.rows<Where & { claim: string }>(
    `SELECT c.flow_id, c.claim, f.order_number, ${age('COALESCE(f.ended_at, c.created_at)')} FROM claims c
     LEFT JOIN flows f ON f.id = c.flow_id
     WHERE (f.id IS NULL OR f.ended_at IS NOT NULL)
       AND COALESCE(f.ended_at, c.created_at) <= NOW(6) - INTERVAL ? MICROSECOND ${ENOUGH}`,
    [micros(claimMs)],
  );
  return rows.map((row) =>
    violationAt('claim.orphaned', row, `'${row.claim}' is held by a flow that does not run.`),
  );
};

interface OpenFlow extends Where {
  readonly flow_id: string;
  readonly type: string;
}

/** Open flows that have asked for money to move, or for a grant, and not taken it back; those longest quiet first. */
const openWithMoney = (sql: Sql, { describeMs }: Limits): Promise<readonly OpenFlow[]> =>
  sql.rows<OpenFlow>(
    `SELECT f.id AS flow_id, f.type, f.order_number, ${age('f.updated_at')} FROM flows f
     WHERE f.ended_at IS NULL AND f.updated_at <= NOW(6) - INTERVAL ? MICROSECOND
       AND EXISTS (SELECT 1 FROM effects e WHERE e.flow_id = f.id AND e.moves IS NOT NULL AND e.state IN ('claimed', 'unknown', 'done'))
     ORDER BY f.updated_at ${ENOUGH}`,
    [micros(describeMs)],
  );

const AT_ONCE = 20;

/**
 * A flow that Temporal does not run while money is open: nobody will finish it. Temporal is asked for each, some at a
 * time, until it answers for none of them; what was not answered is said, since an unasked question is not a "none".
 */
export const noFlowLost = async (
  sql: Sql,
  limits: Limits,
  describeFlow: (id: string) => Promise<FlowState>,
): Promise<readonly Violation[]> => {
  const flows = await openWithMoney(sql, limits);
  const found: Violation[] = [];
  let answered = 0;
  for (let from = 0; from < flows.length; from += AT_ONCE) {
    const some = flows.slice(from, from + AT_ONCE);
    const states = await Promise.all(some.map(({ flow_id }) => describeFlow(flow_id).catch(() => undefined)));
    const known = states.filter((state) => state !== undefined).length;
    answered += known;
    for (const [index, flow] of some.entries()) {
      const state = states[index];
      if (state === undefined || state === 'running') continue;
      found.push(
        violationAt(
          'flow.lost',
          flow,
          `The ${flow.type} moved money and is open here; Temporal says '${state}'.`,
        ),
      );
    }
    if (known === 0) break;
  }
  if (answered < flows.length) {
    const detail = `Temporal did not say whether ${flows.length - answered} of ${flows.length} open flows with money still run.`;
    found.push({ code: 'check.incomplete', detail });
  }
  return found;
};
