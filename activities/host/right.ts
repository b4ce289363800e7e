import type { Action } from '../../contracts/define.ts';
import type { Sql } from '../../journal/connect.ts';
import { failWith } from './failure.ts';

interface Sums {
  due: number | string;
  line_due: number | string | null;
  captured: number | string;
  refunded: number | string;
  line_refunded: number | string;
}

const number = (value: number | string | null | undefined): number => Number(value ?? 0);

const sumsOf = async (
  sql: Sql,
  order: string,
  line: string | null,
): Promise<Record<keyof Sums, number> & { lineKnown: boolean }> => {
  const [sums] = await sql.rows<Sums>(
    `SELECT SUM(IF(kind = 'due', amount, 0)) AS due,
       SUM(IF(kind = 'due' AND line = ?, amount, NULL)) AS line_due,
       SUM(IF(kind = 'captured' AND state = 'succeeded', amount, 0)) AS captured,
       SUM(IF(kind = 'refunded' AND state IN ('pending', 'succeeded'), amount, 0)) AS refunded,
       SUM(IF(kind = 'refunded' AND state IN ('pending', 'succeeded') AND line = ?, amount, 0)) AS line_refunded
     FROM facts WHERE order_number = ?`,
    [line, line, order],
  );
  return {
    due: number(sums?.due),
    line_due: number(sums?.line_due),
    lineKnown: (sums?.line_due ?? null) !== null,
    captured: number(sums?.captured),
    refunded: number(sums?.refunded),
    line_refunded: number(sums?.line_refunded),
  };
};

/** Grants and refunds of one order take turns: both lock its due rows, in order of id, before they look. */
const lockOrder = (sql: Sql, order: string): Promise<unknown> =>
  sql.rows(`SELECT id FROM facts WHERE order_number = ? AND kind = 'due' ORDER BY id FOR UPDATE`, [order]);

// What is open is always read before the sums: a settle moves an effect into a fact at once, so that what settles between
// the two reads is counted twice, never not at all.
const openEffect = async (
  sql: Sql,
  action: string,
  subject: { order: string; line: string | null },
): Promise<boolean> => {
  const rows = await sql.rows(
    `SELECT id FROM effects WHERE order_number = ? AND action = ? AND state IN ('claimed', 'unknown')
       AND (line IS NULL OR ? IS NULL OR line = ?) LIMIT 1`,
    [subject.order, action, subject.line, subject.line],
  );
  return rows.length > 0;
};

/** In the claiming transaction: throws unless the line is free, or the order is paid and this line has not gone back. */
const checkRightToGrant = async (
  sql: Sql,
  { order, line }: { order: string; line: string },
): Promise<void> => {
  await lockOrder(sql, order);
  const refundIsOpen = await openEffect(sql, 'payment.refund', { order, line });
  const sums = await sumsOf(sql, order, line);
  if (!sums.lineKnown) {
    throw failWith(
      'grant.no-right',
      `Nothing is known of line ${line} of order ${order}: no fact says what is due for it.`,
    );
  }
  if (sums.line_due === 0) return;
  if (refundIsOpen) {
    throw failWith(
      'grant.refund-under-way',
      `A refund of order ${order} is under way; line ${line} is granted only if it fails.`,
    );
  }
  const paid = sums.captured >= sums.due && sums.due > 0;
  const goneBack = sums.refunded >= sums.captured || sums.line_refunded >= sums.line_due;
  if (!paid || goneBack) {
    throw failWith(
      'grant.no-right',
      `Order ${order}: captured ${sums.captured}, due ${sums.due}, given back ${sums.refunded} (minor units), so line ${line} may not be granted.`,
    );
  }
};

/** In the claiming transaction: throws when more would go back than was captured and has not gone back yet. */
const checkRefundBound = async (
  sql: Sql,
  { order, line, amount, key }: { order: string; line: string | undefined; amount: number; key: string },
): Promise<void> => {
  await lockOrder(sql, order);
  const grantIsOpen = await openEffect(sql, 'enrollment.grant', { order, line: line ?? null });
  const [underWay] = await sql.rows<{ amount: number | string | null }>(
    `SELECT SUM(amount) AS amount FROM effects
     WHERE order_number = ? AND action = 'payment.refund' AND state IN ('claimed', 'unknown') AND effect_key <> ?`,
    [order, key],
  );
  const sums = await sumsOf(sql, order, line ?? null);
  if (grantIsOpen) {
    throw failWith(
      'refund.grant-under-way',
      `A grant of order ${order} is under way; the refund waits for its outcome.`,
    );
  }
  const left = sums.captured - sums.refunded - number(underWay?.amount);
  if (amount > left) {
    throw failWith(
      'refund.exceeds-captured',
      `Order ${order}: ${amount} asked back, but of ${sums.captured} captured only ${left} can still go back (minor units).`,
    );
  }
};

/** What a contract demands of the facts at the moment of claiming. Runs inside the claiming transaction, and may throw. */
export const checkRights = async (
  sql: Sql,
  { action, input, key }: { readonly action: Action; readonly input: unknown; readonly key: string },
): Promise<void> => {
  const grant = action.rightTo?.(input);
  if (grant?.line !== undefined) await checkRightToGrant(sql, { order: grant.order, line: grant.line });
  const refund = action.takesBack?.(input);
  if (refund) {
    await checkRefundBound(sql, { order: refund.order, line: refund.line, amount: refund.money.amount, key });
  }
};
