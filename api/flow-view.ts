import type { FlowRow } from '../journal/flows.ts';
import type { LiveView } from './flow-answer.ts';

/** A flow as its learner sees it. The client secret is added to a response, never to this. */
export interface FlowView {
  readonly id: string;
  readonly type: string;
  readonly status: string;
  readonly order?: string;
  /** What the learner has to do; absent until the flow knows. */
  readonly next?: string;
  /** The payment to confirm, while there is one. */
  readonly payment?: string;
  readonly reason?: string;
  readonly createdAt: string;
  /** Temporal does not answer: this is what the journal last heard. */
  readonly stale?: true;
}

/** While a flow stands so, the learner may confirm the payment. */
const CAN_PAY = new Set(['paying', 'pending']);
/** The journal may lag behind the flow's answer. */
const BEFORE_PAYING = new Set(['received', 'in-review']);

const text = (of: unknown, field: string): string | undefined => {
  const value =
    typeof of === 'object' && of !== null ? (of as Readonly<Record<string, unknown>>)[field] : undefined;
  return typeof value === 'string' ? value : undefined;
};

/** What is known besides the journal's row: the answer that was just given, or the flow's own view of itself. */
export interface Known {
  readonly answer?: unknown;
  readonly live?: LiveView;
  readonly isStale?: boolean;
}

const withPaying = (status: string, asks: string | undefined): string =>
  asks === 'confirm-payment' && BEFORE_PAYING.has(status) ? 'paying' : status;

/** The learner's view, from the best that is known. */
export const flowView = (row: FlowRow, { answer: told, live, isStale }: Known = {}): FlowView => {
  const answer = told ?? live?.answer ?? row.answer;
  const result = live?.result ?? row.result;
  const asks = text(answer, 'next');
  // The answer that was just given may know the end before the journal does.
  const toldEnd = row.hasEnded ? undefined : text(told, 'status');
  const status = toldEnd ?? (live ? live.status : withPaying(row.status, asks));
  const mayPay = asks === 'confirm-payment' && CAN_PAY.has(status);
  const order = live?.order ?? row.order ?? text(answer, 'order');
  const payment = mayPay ? text(answer, 'payment') : undefined;
  const reason = text(result, 'reason') ?? text(answer, 'reason');
  return {
    id: row.id,
    type: row.type,
    status,
    ...(order !== undefined && { order }),
    ...(asks !== undefined && { next: asks === 'confirm-payment' && !mayPay ? 'none' : asks }),
    ...(payment !== undefined && { payment }),
    ...(reason !== undefined && { reason }),
    createdAt: row.createdAt,
    ...(isStale && { stale: true }),
  };
};
