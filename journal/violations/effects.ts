import {
  type Check,
  age,
  ENOUGH,
  flowIsNamed,
  micros,
  orderIsNamed,
  violationAt,
  type Where,
} from './violation.ts';

interface Effect extends Where {
  readonly action: string;
  readonly effect_key: string;
  readonly generation: number;
  readonly state: string;
}
const EFFECT = 'e.action, e.effect_key, e.generation, e.state, e.order_number, e.line, e.flow_id';
const isNamed = `(${flowIsNamed('e.flow_id')} OR ${orderIsNamed('e.order_number')})`;
const nameOf = ({ action, effect_key, generation }: Effect): string =>
  `${action} for ${effect_key} (generation ${generation})`;

/** A claim whose lease has ended is a call that nobody waits for any more. */
export const noClaimForgotten: Check = async (sql, { claimMs }) => {
  const rows = await sql.rows<Effect>(
    `SELECT ${EFFECT}, ${age('e.lease_until')} FROM effects e
     WHERE e.state = 'claimed' AND e.lease_until <= NOW(6) - INTERVAL ? MICROSECOND AND NOT ${isNamed} ${ENOUGH}`,
    [micros(claimMs)],
  );
  return rows.map((row) =>
    violationAt(
      'effect.claim-forgotten',
      row,
      `${nameOf(row)} was begun, its lease has ended, and nobody has looked since.`,
    ),
  );
};

/** Doubt is settled, or a person is told. */
export const noDoubtForgotten: Check = async (sql, { doubtMs }) => {
  const rows = await sql.rows<Effect>(
    `SELECT ${EFFECT}, ${age('COALESCE(e.unknown_since, e.created_at)')} FROM effects e
     WHERE e.state = 'unknown' AND COALESCE(e.unknown_since, e.created_at) <= NOW(6) - INTERVAL ? MICROSECOND
       AND NOT ${isNamed} ${ENOUGH}`,
    [micros(doubtMs)],
  );
  return rows.map((row) =>
    violationAt(
      'effect.in-doubt',
      row,
      `Nobody knows whether ${nameOf(row)} happened, and no incident says so.`,
    ),
  );
};

/** I4: a new generation is written only after the one before it has failed for certain. */
export const noWriteOnDoubt: Check = async (sql) => {
  const rows = await sql.rows<Effect>(
    `SELECT ${EFFECT}, ${age('later.created_at')} FROM effects later
     JOIN effects e ON e.action = later.action AND e.effect_key = later.effect_key AND e.generation < later.generation
     WHERE later.generation > 1 AND e.state <> 'failed' ${ENOUGH}`,
  );
  return rows.map((row) =>
    violationAt(
      'effect.written-on-doubt',
      row,
      `${nameOf(row)} is ${row.state}, and was written again all the same.`,
    ),
  );
};

/**
 * An answer that came after the lease, for a row that counts as not happened: the Service did it, we think it did not. A
 * malformed answer is kept in the same place, and says nothing.
 */
export const noLateAnswerIgnored: Check = async (sql) => {
  const rows = await sql.rows<Effect>(
    `SELECT ${EFFECT}, ${age('COALESCE(e.settled_at, e.created_at)')} FROM effects e
     WHERE e.state IN ('failed', 'fenced') AND e.late_output IS NOT NULL
       AND COALESCE(e.error_code, '') <> 'service.malformed-answer' AND NOT ${isNamed} ${ENOUGH}`,
  );
  return rows.map((row) =>
    violationAt(
      'effect.answered-late',
      row,
      `${nameOf(row)} counts as ${row.state}, but a late answer says that it happened.`,
    ),
  );
};
