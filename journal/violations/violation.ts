import { formatMoney } from '../../contracts/money.ts';
import type { Sql } from '../connect.ts';

/** An invariant that does not hold, and where. `detail` is for a person; programs go by `code`. */
export interface Violation {
  readonly code: string;
  readonly order?: string;
  readonly line?: string;
  readonly flow?: string;
  readonly detail: string;
  /** How long it has been so, by the database's clock. */
  readonly sinceMs?: number;
}

/** How long something may stay open before it counts as forgotten. All in milliseconds. */
export interface Limits {
  /** From the capture to the grant, while the flow is under way; once it has ended there is no grace. Default 2 h. */
  readonly fulfilMs: number;
  /** From the end of a full refund to the revocation. Default 24 h. */
  readonly revokeMs: number;
  /** An authorization without capture, while the flow is under way. Default 6 d: most processors drop it after 7. */
  readonly authorizationMs: number;
  /** A refund that the processor calls pending. Default 14 d. */
  readonly refundMs: number;
  /** A claimed effect after its lease has ended. Default 5 min. */
  readonly claimMs: number;
  /** An effect in doubt. Default 15 min. */
  readonly doubtMs: number;
  /** An accepted request whose flow Temporal has not acknowledged. Default 10 min. */
  readonly requestMs: number;
  /** An incoming message that its flow has not taken. Default 1 h. */
  readonly messageMs: number;
  /** An open flow of which nothing new is recorded. Default 4 d: a sanctions review may take three. */
  readonly quietMs: number;
  /** The same, before Temporal is asked whether the flow still runs. Default 1 min. */
  readonly describeMs: number;
}

/** One invariant: one small function with one query. */
export type Check = (sql: Sql, limits: Limits) => Promise<readonly Violation[]>;

/** The columns by which every check says where; sums and ages arrive as text or number. */
export interface Where {
  readonly order_number?: string | null;
  readonly line?: string | null;
  readonly flow_id?: string | null;
  readonly since_ms?: number | string | null;
}

/** A violation at the place that the row names. */
export const violationAt = (code: string, row: Where, detail: string): Violation => ({
  code,
  ...(row.order_number != null && { order: row.order_number }),
  ...(row.line != null && { line: row.line }),
  ...(row.flow_id != null && { flow: row.flow_id }),
  detail,
  ...(row.since_ms != null && { sinceMs: Number(row.since_ms) }),
});

/** A sum as people write it. */
export const inWords = (amount: number | string | null, currency: string | null): string =>
  currency === null ? `${amount ?? 0}` : formatMoney({ amount: Number(amount ?? 0), currency });

/** What an interval parameter takes. */
export const micros = (ms: number): number => Math.round(ms * 1_000);

// Pieces of SQL. Each takes names of columns only, never a value, so nothing from outside becomes SQL. Their own tables
// have long aliases: a short one of the surrounding query would be hidden by it, silently.

/** The age of a moment, in milliseconds. */
export const age = (column: string): string =>
  `TIMESTAMPDIFF(MICROSECOND, ${column}, NOW(6)) DIV 1000 AS since_ms`;

/** More rows than this of one kind help nobody; the first thousand do. */
export const ENOUGH = 'LIMIT 1000';

/** A flow of this order is under way. */
export const underWay = (order: string): string =>
  `EXISTS (SELECT 1 FROM flows open_flow WHERE open_flow.order_number = ${order} AND open_flow.ended_at IS NULL)`;

/** Somebody was told: an open incident names the order, or a flow of it. */
export const orderIsNamed = (order: string): string =>
  `(EXISTS (
      SELECT 1 FROM flows named_flow JOIN incidents incident ON incident.flow_id = named_flow.id AND incident.is_open = 1
      WHERE named_flow.order_number = ${order})
    OR EXISTS (SELECT 1 FROM incidents incident WHERE incident.is_open = 1 AND incident.order_number = ${order}))`;

/** The same for a flow. */
export const flowIsNamed = (flow: string): string =>
  `EXISTS (SELECT 1 FROM incidents incident WHERE incident.flow_id = ${flow} AND incident.is_open = 1)`;

/** Any flow of the order, for whoever looks into it. */
export const aFlowOf = (order: string): string =>
  `(SELECT MAX(any_flow.id) FROM flows any_flow WHERE any_flow.order_number = ${order}) AS flow_id`;

/**
 * What is known of each order's money. `going` is on its way back or back, `gone` is back for certain. A dispute that
 * `succeeded` has taken the money.
 */
export const SUMS = `
  SELECT order_number, MAX(currency) AS currency, COUNT(DISTINCT currency) AS currencies,
    SUM(IF(kind = 'due', amount, 0)) AS due,
    SUM(IF(kind = 'captured' AND state = 'succeeded', 1, 0)) AS captures,
    SUM(IF(kind = 'captured' AND state = 'succeeded', amount, 0)) AS captured,
    SUM(IF(kind = 'refunded' AND state IN ('pending', 'succeeded'), amount, 0)) AS refunds,
    SUM(IF((kind = 'refunded' AND state IN ('pending', 'succeeded')) OR (kind = 'disputed' AND state = 'succeeded'), amount, 0)) AS going,
    SUM(IF(line IS NULL AND ((kind = 'refunded' AND state IN ('pending', 'succeeded')) OR (kind = 'disputed' AND state = 'succeeded')), amount, 0)) AS going_for_no_line,
    GREATEST(SUM(IF(kind = 'due', amount, 0)) - SUM(IF(kind = 'captured' AND state = 'succeeded', amount, 0)), 0) AS due_unpaid,
    SUM(IF(kind IN ('refunded', 'disputed') AND state = 'succeeded', amount, 0)) AS gone,
    MAX(IF(kind = 'captured' AND state = 'succeeded', changed_at, NULL)) AS captured_at,
    MAX(IF(kind IN ('refunded', 'disputed') AND state = 'succeeded', changed_at, NULL)) AS gone_at,
    MAX(changed_at) AS changed_at
  FROM facts GROUP BY order_number`;
