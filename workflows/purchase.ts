import { workflowInfo } from '@temporalio/workflow';
import type { Enrollment } from '../contracts/actions/enrollment.ts';
import type { Payment } from '../contracts/actions/payment.ts';
import type { Money } from '../contracts/money.ts';
import { defineFlow } from './engine/define-flow.ts';
import { millisecondsOf } from './engine/duration.ts';
import { FLOW_USES } from './uses.ts';

type Ending = 'declined' | 'expired' | 'canceled' | 'refunded';

/** Buys one course seat: either the learner holds it and has paid, or nothing is left of the attempt. */
export const purchase = defineFlow(
  {
    name: 'purchase',
    uses: FLOW_USES.purchase,
    ended: (status, reason) => ({ answer: { next: 'none', reason }, result: { status, reason } }),
  },
  async (flow, { purchase: id, learner, items, expectedTotal, startBefore }) => {
    // The time at which Temporal took the start: the same on every replay and Reset.
    if (workflowInfo().startTime.getTime() > Date.parse(startBefore))
      return end('expired', 'started-too-late');

    const quoted = await flow.run('catalog.quote', { purchase: id, learner, items });
    if (quoted.status === 'refused') return end('declined', quoted.reason);
    const { quote } = quoted;
    const line = quote.lines[0]!;
    const { amount: total, currency } = quote.total;
    if (total !== expectedTotal.amount || currency !== expectedTotal.currency)
      return end('declined', 'price-changed');
    const possible = await flow.run('enrollment.check', { learner, line });
    if (possible.status === 'refused') return end('declined', possible.reason);
    const screened = await screen();
    if (screened !== 'clear') return end(screened, 'screening');

    flow.status('paying');
    const { order } = await flow.run(
      'order.open',
      { purchase: id, quote },
      { undo: (opened) => flow.run('order.cancel', { purchase: id, order: opened.order }) },
    );
    flow.status('paying', { search: true, order });
    const paid = total === 0 ? undefined : await pay(order, quote.total);
    if (paid && paid.status !== 'captured') return end(paid.status, paid.reason);

    flow.status('fulfilling');
    const before = paid?.before ?? possible.before;
    const granted = await flow.run(
      'enrollment.grant',
      { learner, order, line, before },
      { undo: () => flow.run('enrollment.revoke', { learner, order, line, before }) },
    );
    if (granted.status === 'refused') return refuse(order, granted.reason);
    flow.keep();
    const payment = paid && { service: paid.service, reference: paid.payment, amount: paid.amount };
    await flow.run('order.record', {
      order,
      state: 'completed',
      payment,
      lines: [{ id: line.id, state: 'granted' }],
    });
    await tellLearner(order, 'completed');
    return { status: 'completed', order };

    /** `review` and `unavailable` are looked at again until the deadline; neither ever passes for clear. */
    async function screen(): Promise<'clear' | 'declined' | 'expired' | 'canceled'> {
      const { name, country } = await flow.run('learner.read', { learner });
      const look = (as: string) =>
        flow.run('sanctions.screen', { purchase: id, learner, name, country }, { as });
      let { status } = await look('sanctions.screen');
      if (status !== 'clear' && status !== 'hit') {
        flow.status('in-review');
        const looked = await flow.wait({
          for: 'the sanctions screen',
          on: [],
          stopOn: 'purchase.cancel',
          withinMs: millisecondsOf(flow.policy.screenWithin),
          everyMs: millisecondsOf(flow.policy.screenEvery),
          look: (n) => look(`sanctions.screen~${n}`),
          until: (seen) => seen.status === 'clear' || seen.status === 'hit',
        });
        if (looked.ended !== 'settled') return looked.ended === 'stopped' ? 'canceled' : 'expired';
        status = looked.seen.status;
      }
      return status === 'clear' ? 'clear' : 'declined';
    }

    async function pay(
      order: string,
      amount: Money,
    ): Promise<
      | {
          status: 'captured';
          payment: string;
          service: string;
          amount: Money;
          before: Enrollment | undefined;
        }
      | { status: Ending; reason: string }
    > {
      const { payment } = await flow.run(
        'payment.start',
        { order, attempt: 1, amount },
        { undo: (started) => giveBack(order, started.payment) },
      );
      flow.answer({ next: 'confirm-payment', order, payment });
      const authorized = await settlePayment(order, payment);
      if (authorized.status === 'canceled' || authorized.status === 'pending') {
        return {
          status:
            authorized.status === 'canceled' && authorized.reason === 'learner' ? 'canceled' : 'expired',
          reason: 'not-paid',
        };
      }
      const still = await flow.run('enrollment.check', { learner, line }, { as: 'enrollment.check again' });
      if (still.status === 'refused') {
        return { status: authorized.status === 'captured' ? 'refunded' : 'declined', reason: still.reason };
      }
      const captured =
        authorized.status === 'captured'
          ? authorized
          : await flow.run('payment.capture', { order, payment, amount });
      if (captured.status !== 'captured') return { status: 'declined', reason: 'not-captured' };
      flow.status('paid', { search: true });
      return {
        status: 'captured',
        payment,
        service: captured.service,
        amount: captured.amount,
        before: still.before,
      };
    }

    /** Waits for the learner. At the deadline, or when the learner gives up, the processor decides what is true. */
    async function settlePayment(order: string, payment: string): Promise<Payment> {
      const look = (as: string) => flow.run('payment.find', { order, payment }, { as });
      const waited = await flow.wait({
        for: 'the payment',
        on: ['payment.news', 'payment.returned'],
        stopOn: 'purchase.cancel',
        withinMs: millisecondsOf(flow.policy.payWithin),
        everyMs: millisecondsOf(flow.policy.lookEvery),
        look: (n) => look(`payment.find~${n}`),
        until: ({ status }) => status !== 'pending',
      });
      if (waited.ended === 'settled') return waited.seen;
      const asked = await flow.run('payment.cancel', { order, attempt: 1, payment, unlessPaid: true });
      if (asked.status === 'canceled' && waited.ended === 'stopped') return { ...asked, reason: 'learner' };
      if (asked.status !== 'pending') return asked;
      flow.status('pending');
      const processed = await flow.wait({
        for: 'the processor, which is working on the payment',
        on: ['payment.news'],
        withinMs: millisecondsOf('30d'),
        everyMs: millisecondsOf(flow.policy.lookEvery) * 10,
        look: (n) => look(`payment.find processing~${n}`),
        until: ({ status }) => status !== 'pending',
      });
      return processed.ended === 'settled' ? processed.seen : asked;
    }

    async function giveBack(order: string, payment: string): Promise<unknown> {
      const now = await flow.run('payment.cancel', { order, attempt: 1, payment, unlessPaid: false });
      if (now.status !== 'captured') return now;
      flow.status('refunding');
      return flow.run('payment.refund', { order, attempt: 1, payment, refund: 'all', amount: now.amount });
    }

    /** The LMS says no after the money came in: everything goes back, and the learner is told. */
    async function refuse(order: string, reason: string): Promise<{ status: Ending; reason: string }> {
      flow.answer({ next: 'none', reason });
      flow.status('refunding');
      await flow.undo();
      const status = total === 0 ? 'declined' : 'refunded';
      if (status === 'refunded') await tellLearner(order, 'refunded');
      return { status, reason };
    }

    async function end(status: Ending, reason: string): Promise<{ status: Ending; reason: string }> {
      flow.answer({ next: 'none', reason });
      await flow.undo();
      return { status, reason };
    }

    /** The address is read just before the mail: it is personal, and it may have changed since the purchase began. */
    async function tellLearner(order: string, outcome: 'completed' | 'refunded'): Promise<void> {
      await flow.tell('receipt.send', async () => {
        const { name, email } = await flow.run(
          'learner.read',
          { learner },
          { as: 'learner.read for receipt' },
        );
        return { order, outcome, name, email, lines: quote.lines, total: quote.total };
      });
    }
  },
);
