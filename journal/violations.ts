import type { Sql } from './connect.ts';
import {
  noClaimForgotten,
  noDoubtForgotten,
  noLateAnswerIgnored,
  noWriteOnDoubt,
} from './violations/effects.ts';
import { type FlowState, noClaimOutlivesItsFlow, noFlowForgotten, noFlowLost } from './violations/flows.ts';
import { grantedByRight, grantedOnce, paidIsGranted, refundedIsRevoked } from './violations/grants.ts';
import {
  acceptedIsKept,
  acceptedIsStarted,
  noMessageDead,
  noMessageForgotten,
} from './violations/incoming.ts';
import {
  capturedNoMoreThanDue,
  capturedOnce,
  noAuthorizationLeftStanding,
  noRefundPendingForEver,
  oneCurrencyPerOrder,
  refundedNoMoreThanCaptured,
} from './violations/money.ts';
import type { Check, Limits, Violation } from './violations/violation.ts';

export type { FlowState } from './violations/flows.ts';
export type { Limits, Violation } from './violations/violation.ts';

const CHECKS: readonly Check[] = [
  capturedOnce,
  capturedNoMoreThanDue,
  refundedNoMoreThanCaptured,
  oneCurrencyPerOrder,
  noAuthorizationLeftStanding,
  noRefundPendingForEver,
  paidIsGranted,
  refundedIsRevoked,
  grantedByRight,
  grantedOnce,
  noClaimForgotten,
  noDoubtForgotten,
  noWriteOnDoubt,
  noLateAnswerIgnored,
  acceptedIsStarted,
  acceptedIsKept,
  noMessageForgotten,
  noMessageDead,
  noFlowForgotten,
  noClaimOutlivesItsFlow,
];

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
const DEFAULTS: Limits = {
  fulfilMs: 2 * HOUR,
  revokeMs: DAY,
  authorizationMs: 6 * DAY,
  refundMs: 14 * DAY,
  claimMs: 5 * MINUTE,
  doubtMs: 15 * MINUTE,
  requestMs: 10 * MINUTE,
  messageMs: HOUR,
  quietMs: 4 * DAY,
  describeMs: MINUTE,
};

export interface ViolationDeps {
  readonly journal: Sql;
  /** How Temporal sees a flow. Without it, flows that Temporal lost are not looked for. */
  readonly describeFlow?: ((id: string) => Promise<FlowState>) | undefined;
}

/**
 * Every invariant of DESIGN 7 that does not hold now: an empty list means that money and enrollments agree with what the
 * journal knows. At most a thousand per kind. Changes nothing; the queries run one after the other, on one connection.
 */
export const findViolations = async (
  { journal, describeFlow }: ViolationDeps,
  { openFor = {} }: { readonly openFor?: Partial<Limits> } = {},
): Promise<readonly Violation[]> => {
  const limits = { ...DEFAULTS, ...openFor };
  const found: Violation[] = [];
  for (const check of CHECKS) found.push(...(await check(journal, limits)));
  if (describeFlow) found.push(...(await noFlowLost(journal, limits, describeFlow)));
  return found;
};
