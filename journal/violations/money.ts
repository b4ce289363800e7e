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

interface Sums extends Where {
  readonly currency: string | null;
  readonly due: string;
  readonly captures: string;
  readonly captured: string;
  readonly refunds: string;
  readonly going: string;
}

/** I2. Stays for good, even when the surplus went back: the learner's card was charged twice. */
export const capturedOnce: Check = async (sql) => {
  const rows = await sql.rows<Sums>(
    `SELECT s.*, ${aFlowOf('s.order_number')}, ${age('s.captured_at')} FROM (${SUMS} HAVING captures > 1) s ${ENOUGH}`,
  );
  return rows.map((row) =>
    violationAt(
      'capture.repeated',
      row,
      `${row.captures} captures succeeded, together ${inWords(row.captured, row.currency)} of ${inWords(row.due, row.currency)} due; ${inWords(row.going, row.currency)} went back.`,
    ),
  );
};

/** I1: what we keep is at most what was due. */
export const capturedNoMoreThanDue: Check = async (sql) => {
  const rows = await sql.rows<Sums>(
    `SELECT s.*, ${aFlowOf('s.order_number')}, ${age('s.captured_at')}
     FROM (${SUMS} HAVING captured > 0 AND captured > due + going) s
     WHERE NOT ${orderIsNamed('s.order_number')} ${ENOUGH}`,
  );
  return rows.map((row) =>
    violationAt(
      'capture.exceeds-due',
      row,
      `Captured ${inWords(row.captured, row.currency)}, due ${inWords(row.due, row.currency)}, given back ${inWords(row.going, row.currency)}.`,
    ),
  );
};

/** I3: never more back than came in, those on their way included. */
export const refundedNoMoreThanCaptured: Check = async (sql) => {
  const rows = await sql.rows<Sums>(
    `SELECT s.*, ${aFlowOf('s.order_number')}, ${age('s.changed_at')} FROM (${SUMS} HAVING refunds > captured) s ${ENOUGH}`,
  );
  return rows.map((row) =>
    violationAt(
      'refund.exceeds-captured',
      row,
      `Refunds of ${inWords(row.refunds, row.currency)}, captured ${inWords(row.captured, row.currency)}.`,
    ),
  );
};

/** The sums above mean something in one currency only. */
export const oneCurrencyPerOrder: Check = async (sql) => {
  const rows = await sql.rows<Where & { list: string }>(
    `SELECT f.order_number, GROUP_CONCAT(DISTINCT f.currency ORDER BY f.currency SEPARATOR ', ') AS list,
       ${aFlowOf('f.order_number')}, ${age('MAX(f.changed_at)')}
     FROM facts f GROUP BY f.order_number HAVING COUNT(DISTINCT f.currency) > 1 ${ENOUGH}`,
  );
  return rows.map((row) =>
    violationAt('order.mixed-currencies', row, `The order's facts are in ${row.list}.`),
  );
};

/** An authorization ends in a capture or is released; else it blocks the learner's money until it runs out. */
export const noAuthorizationLeftStanding: Check = async (sql, { authorizationMs }) => {
  const rows = await sql.rows<
    Where & { reference: string; service: string; amount: string; currency: string | null }
  >(
    `SELECT a.order_number, a.line, a.service, a.reference, a.amount, a.currency, ${aFlowOf('a.order_number')}, ${age('a.changed_at')}
     FROM facts a
     LEFT JOIN facts c ON c.service = a.service AND c.kind = 'captured' AND c.reference = a.reference AND c.state = 'succeeded'
     WHERE a.kind = 'authorized' AND a.state = 'succeeded' AND c.id IS NULL
       AND NOT EXISTS (
         SELECT 1 FROM effects e WHERE e.order_number = a.order_number AND e.action = 'payment.start'
           AND e.reference = a.reference AND e.state = 'reversed')
       AND NOT EXISTS (
         SELECT 1 FROM effects e WHERE e.order_number = a.order_number AND e.action = 'payment.cancel' AND e.state = 'done'
           AND JSON_UNQUOTE(JSON_EXTRACT(e.output, '$.status')) = 'canceled'
           AND JSON_UNQUOTE(JSON_EXTRACT(e.output, '$.payment')) = a.reference)
       AND (a.changed_at <= NOW(6) - INTERVAL ? MICROSECOND OR NOT ${underWay('a.order_number')})
       AND NOT ${orderIsNamed('a.order_number')} ${ENOUGH}`,
    [micros(authorizationMs)],
  );
  return rows.map((row) =>
    violationAt(
      'authorization.standing',
      row,
      `${row.service} holds ${inWords(row.amount, row.currency)} of the learner in ${row.reference}, neither captured nor released.`,
    ),
  );
};

/** A pending refund is not a done one: some day the processor must say which it is. */
export const noRefundPendingForEver: Check = async (sql, { refundMs }) => {
  const rows = await sql.rows<
    Where & { reference: string; service: string; amount: string; currency: string | null }
  >(
    `SELECT r.order_number, r.line, r.service, r.reference, r.amount, r.currency, ${aFlowOf('r.order_number')}, ${age('r.changed_at')}
     FROM facts r
     WHERE r.kind = 'refunded' AND r.state = 'pending' AND r.changed_at <= NOW(6) - INTERVAL ? MICROSECOND
       AND NOT ${orderIsNamed('r.order_number')} ${ENOUGH}`,
    [micros(refundMs)],
  );
  return rows.map((row) =>
    violationAt(
      'refund.pending',
      row,
      `${row.service} calls the refund ${row.reference} of ${inWords(row.amount, row.currency)} still pending.`,
    ),
  );
};
