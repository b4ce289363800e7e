import type { Quote } from '../../contracts/actions/catalog.ts';
import type { Enrollment } from '../../contracts/actions/enrollment.ts';
import type { Payment } from '../../contracts/actions/payment.ts';
import type { Money } from '../../contracts/money.ts';
import type { Flow } from '../engine/define-flow.ts';
import { millisecondsOf } from '../engine/duration.ts';

type PurchaseFlow = Flow<'purchase'>;
interface Due {
  readonly order: string;
  readonly learner: string;
  readonly line: Quote['lines'][number];
  readonly amount: Money;
}
export interface Captured {
  readonly status: 'captured';
  readonly payment: string;
  readonly service: string;
  readonly amount: Money;
  /** How the learner stood in the course just before the money was taken. */
  readonly before: Enrollment | undefined;
}
interface NotPaid {
  readonly status: 'declined' | 'expired' | 'canceled' | 'refunded';
  readonly reason: string;
}

/** Has the learner pay: authorized first, captured only while the seat can still be had. */
export const pay = async (
  flow: PurchaseFlow,
  { order, learner, line, amount }: Due,
): Promise<Captured | NotPaid> => {
  const { payment } = await flow.run(
    'payment.start',
    { order, attempt: 1, amount },
    { undo: (started) => giveBack(flow, order, started.payment) },
  );
  flow.answer({ next: 'confirm-payment', order, payment });
  const settled = await settlePayment(flow, order, payment);
  if (!('seen' in settled)) return settled;
  const { seen } = settled;
  // The learner's part is done, whatever comes of it.
  flow.answer({ next: 'none', order });
  const still = await flow.run('enrollment.check', { learner, line }, { as: 'enrollment.check again' });
  if (still.status === 'refused') {
    return { status: seen.status === 'captured' ? 'refunded' : 'declined', reason: still.reason };
  }
  const captured =
    seen.status === 'captured' ? seen : await flow.run('payment.capture', { order, payment, amount });
  if (captured.status !== 'captured') return { status: 'declined', reason: 'not-captured' };
  flow.status('paid', { search: true });
  return {
    status: 'captured',
    payment,
    service: captured.service,
    amount: captured.amount,
    before: still.before,
  };
};

type Paid = Extract<Payment, { status: 'authorized' | 'captured' }>;

/** Waits for the learner. At the deadline, or when the learner gives up, the processor decides what is true. */
const settlePayment = async (
  flow: PurchaseFlow,
  order: string,
  payment: string,
): Promise<{ readonly seen: Paid } | NotPaid> => {
  const everyMs = millisecondsOf(flow.policy.lookEvery);
  const waited = await flow.wait({
    for: 'the payment',
    on: ['payment.news', 'payment.returned'],
    stopOn: 'purchase.cancel',
    withinMs: millisecondsOf(flow.policy.payWithin),
    everyMs,
    look: (n) => flow.run('payment.find', { order, payment }, { as: `payment.find~${n}` }),
    until: ({ status }) => status !== 'pending',
  });
  const unpaid: NotPaid =
    waited.ended === 'stopped'
      ? { status: 'canceled', reason: 'canceled-by-learner' }
      : { status: 'expired', reason: 'not-paid' };
  const asked =
    waited.ended === 'settled'
      ? waited.seen
      : await flow.run('payment.cancel', { order, attempt: 1, payment, unlessPaid: true });
  // Authorized while the learner gave up: the undo releases it.
  if (waited.ended === 'stopped' && asked.status === 'authorized') return unpaid;
  const seen = asked.status === 'pending' ? await waitForProcessor(flow, { order, payment, everyMs }) : asked;
  return seen.status === 'authorized' || seen.status === 'captured' ? { seen } : unpaid;
};

/** A bank may take days. Nobody but the processor can end this. */
const waitForProcessor = async (
  flow: PurchaseFlow,
  { order, payment, everyMs }: { order: string; payment: string; everyMs: number },
): Promise<Payment> => {
  flow.status('pending');
  const waited = await flow.wait({
    for: 'the processor, which is working on the payment',
    on: ['payment.news'],
    withinMs: millisecondsOf('30d'),
    everyMs: everyMs * 10,
    upToEveryMs: millisecondsOf('6h'),
    look: (n) => flow.run('payment.find', { order, payment }, { as: `payment.find processing~${n}` }),
    // Refused by the bank, it is the learner's turn again, whose time is over.
    until: (seen) => seen.status !== 'pending' || seen.processing !== true,
  });
  return waited.ended === 'settled' ? waited.seen : { status: 'pending', payment };
};

const giveBack = async (flow: PurchaseFlow, order: string, payment: string): Promise<unknown> => {
  const now = await flow.run('payment.cancel', { order, attempt: 1, payment, unlessPaid: false });
  if (now.status !== 'captured') return now;
  flow.status('refunding');
  return flow.run('payment.refund', { order, attempt: 1, payment, refund: 'all', amount: now.amount });
};
