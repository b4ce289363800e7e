import {
  type Check,
  age,
  aFlowOf,
  ENOUGH,
  inWords,
  micros,
  orderIsNamed,
  SUMS,
  underWay,
  violationAt,
  type Where,
} from './violation.ts';

/** The line is granted now. */
const isHeld = (order: string, line: string): string =>
  `EXISTS (SELECT 1 FROM facts held WHERE held.order_number = ${order} AND held.kind = 'granted' AND held.state = 'held' AND held.line = ${line})`;

/** What went back, or is on its way, for this very line. */
const givenBackFor = (order: string, line: string): string =>
  `COALESCE((SELECT SUM(back.amount) FROM facts back WHERE back.order_number = ${order} AND back.kind = 'refunded'
     AND back.line = ${line} AND back.state IN ('pending', 'succeeded')), 0)`;

interface Money extends Where {
  readonly currency: string | null;
  readonly due: string;
  readonly captured: string;
  readonly going: string;
}

/**
 * I1: money that we keep is the price of what is granted. A line may stay ungranted when its share went back, for the
 * line itself or as an amount that names no line; when a flow is under way; or when an incident names it.
 */
export const paidIsGranted: Check = async (sql, { fulfilMs }) => {
  const rows = await sql.rows<Money & { share: string }>(
    `SELECT s.order_number, l.line, s.currency, s.due, s.captured, s.going, l.amount AS share,
       ${aFlowOf('s.order_number')}, ${age('s.captured_at')}
     FROM (${SUMS} HAVING captured > going) s
     JOIN facts l ON l.order_number = s.order_number AND l.kind = 'due' AND l.amount > 0
     WHERE NOT ${isHeld('l.order_number', 'l.line')}
       AND l.amount > ${givenBackFor('l.order_number', 'l.line')}
       AND s.due_unpaid + s.going_for_no_line < (
         SELECT SUM(GREATEST(d.amount - ${givenBackFor('d.order_number', 'd.line')}, 0)) FROM facts d
         WHERE d.order_number = s.order_number AND d.kind = 'due' AND NOT ${isHeld('d.order_number', 'd.line')})
       AND (s.captured_at <= NOW(6) - INTERVAL ? MICROSECOND OR NOT ${underWay('s.order_number')})
       AND NOT ${orderIsNamed('s.order_number')} ${ENOUGH}`,
    [micros(fulfilMs)],
  );
  return rows.map((row) =>
    violationAt(
      'grant.missing',
      row,
      `Captured ${inWords(row.captured, row.currency)}, given back ${inWords(row.going, row.currency)}, but line ${row.line} of ${inWords(row.share, row.currency)} is not granted.`,
    ),
  );
};

/** I9: what was given back in full, or lost in a dispute, is not kept. A free line keeps its own right. */
export const refundedIsRevoked: Check = async (sql, { revokeMs }) => {
  const rows = await sql.rows<Money>(
    `SELECT s.order_number, g.line, s.currency, s.captured, s.going, ${aFlowOf('s.order_number')}, ${age('s.gone_at')}
     FROM (${SUMS} HAVING captured > 0 AND gone >= captured) s
     JOIN facts g ON g.order_number = s.order_number AND g.kind = 'granted' AND g.state = 'held'
     LEFT JOIN facts free ON free.order_number = g.order_number AND free.kind = 'due' AND free.line = g.line AND free.amount = 0
     WHERE free.id IS NULL AND s.gone_at <= NOW(6) - INTERVAL ? MICROSECOND
       AND NOT ${orderIsNamed('s.order_number')} ${ENOUGH}`,
    [micros(revokeMs)],
  );
  return rows.map((row) =>
    violationAt(
      'grant.not-revoked',
      row,
      `All of ${inWords(row.captured, row.currency)} went back, but line ${row.line} is still granted.`,
    ),
  );
};

/** I9: a grant needs a paid order or a free line. No grace and no excuse: the host checks it before it grants. */
export const grantedByRight: Check = async (sql) => {
  const rows = await sql.rows<Money>(
    `SELECT g.order_number, g.line, s.currency, s.due, s.captured, ${aFlowOf('g.order_number')}, ${age('g.changed_at')}
     FROM facts g JOIN (${SUMS} HAVING captured = 0 OR captured < due) s ON s.order_number = g.order_number
     LEFT JOIN facts free ON free.order_number = g.order_number AND free.kind = 'due' AND free.line = g.line AND free.amount = 0
     WHERE g.kind = 'granted' AND g.state = 'held' AND free.id IS NULL ${ENOUGH}`,
  );
  return rows.map((row) =>
    violationAt(
      'grant.without-right',
      row,
      `Line ${row.line} is granted; captured ${inWords(row.captured, row.currency)} of ${inWords(row.due, row.currency)} due.`,
    ),
  );
};

/** I2: facts are unique by their record, so two rows are two grants. */
export const grantedOnce: Check = async (sql) => {
  const rows = await sql.rows<Where & { list: string }>(
    `SELECT g.order_number, g.line, GROUP_CONCAT(CONCAT(g.service, ':', g.reference) ORDER BY g.id SEPARATOR ', ') AS list,
       ${aFlowOf('g.order_number')}, ${age('MAX(g.changed_at)')}
     FROM facts g WHERE g.kind = 'granted' AND g.state = 'held'
     GROUP BY g.order_number, g.line HAVING COUNT(*) > 1 ${ENOUGH}`,
  );
  return rows.map((row) =>
    violationAt('grant.repeated', row, `Line ${row.line} is granted more than once: ${row.list}.`),
  );
};
