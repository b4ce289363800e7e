import { workflowInfo } from '@temporalio/workflow';
import type { Quote } from '../contracts/actions/catalog.ts';
import type { Enrollment } from '../contracts/actions/enrollment.ts';
import { defineFlow, type Flow } from './engine/define-flow.ts';
import { type Captured, pay } from './purchase/pay.ts';
import { screen } from './purchase/screen.ts';

type Ending = 'declined' | 'expired' | 'canceled' | 'refunded';
type Line = Quote['lines'][number];

/** Buys one course seat: either the learner holds it and has paid, or nothing is left of the attempt. */
export const purchase = defineFlow(
  {
    name: 'purchase',
    ended: (status, reason) => ({ answer: { next: 'none', reason, status }, result: { status, reason } }),
  },
  async (flow, { purchase: id, learner, items, expectedTotal, startBefore }) => {
    // The time at which Temporal took the start: the same on every replay and Reset.
    if (workflowInfo().startTime.getTime() > Date.parse(startBefore))
      return end(flow, 'expired', 'started-too-late');

    flow.about(items.map(({ courseRun }) => courseRun).join(', '));
    const quoted = await flow.run('catalog.quote', { purchase: id, learner, items });
    if (quoted.status === 'refused') return end(flow, 'declined', quoted.reason);
    const asked = await flow.filter('purchase.requested', quoted.quote);
    if (asked.halted !== undefined) return end(flow, 'declined', asked.halted);
    const { value: quote } = asked;
    const line = quote.lines[0]!;
    const { amount, currency } = quote.total;
    if (amount !== expectedTotal.amount || currency !== expectedTotal.currency)
      return end(flow, 'declined', 'price-changed');
    const possible = await flow.run('enrollment.check', { learner, line });
    if (possible.status === 'refused') return end(flow, 'declined', possible.reason);
    const screened = await screen(flow, { purchase: id, learner });
    if (screened !== 'clear') return end(flow, screened, 'screening');

    flow.status('paying');
    const { order } = await flow.run(
      'order.open',
      { purchase: id, quote },
      { undo: (opened) => flow.run('order.cancel', { purchase: id, order: opened.order }) },
    );
    flow.status('paying', { search: true, order });
    const paid = amount === 0 ? undefined : await pay(flow, { order, learner, line, amount: quote.total });
    if (paid && paid.status !== 'captured') return end(flow, paid.status, paid.reason);

    const refused = await grant(flow, { learner, order, line, before: paid ? paid.before : possible.before });
    if (refused !== undefined) {
      const result = await end(flow, paid ? 'refunded' : 'declined', refused);
      if (paid) await tellLearner(flow, { order, quote, outcome: 'refunded' });
      return result;
    }
    await record(flow, { order, line, paid });
    await flow.emit('purchase.completed', { order, learner, lines: quote.lines, total: quote.total });
    await tellLearner(flow, { order, quote, outcome: 'completed' });
    return { status: 'completed', order };
  },
);

type PurchaseFlow = Flow<'purchase'>;

/** Takes back what was done, last in, first out, and says how it ended. */
const end = async (
  flow: PurchaseFlow,
  status: Ending,
  reason: string,
): Promise<{ status: Ending; reason: string }> => {
  flow.answer({ next: 'none', reason, status });
  await flow.undo();
  return { status, reason };
};

/** Gives the learner the seat. Answers the reason when the LMS refuses it for good. */
const grant = async (
  flow: PurchaseFlow,
  to: { learner: string; order: string; line: Line; before: Enrollment | undefined },
): Promise<string | undefined> => {
  flow.status('fulfilling');
  const granted = await flow.run('enrollment.grant', to, {
    // What was refused is not ours to take back: somebody else may hold it.
    undo: async (done) => done.status !== 'refused' && flow.run('enrollment.revoke', to),
  });
  if (granted.status === 'refused') {
    flow.status('refunding');
    return granted.reason;
  }
  flow.keep();
  return undefined;
};

const record = (
  flow: PurchaseFlow,
  { order, line, paid }: { order: string; line: Line; paid: Captured | undefined },
) =>
  flow.run('order.record', {
    order,
    state: 'completed',
    payment: paid && { service: paid.service, reference: paid.payment, amount: paid.amount },
    lines: [{ id: line.id, state: 'granted' }],
  });

/** The address is read just before the mail: it is personal, and it may have changed since the purchase began. */
const tellLearner = (
  flow: PurchaseFlow,
  { order, quote, outcome }: { order: string; quote: Quote; outcome: 'completed' | 'refunded' },
): Promise<void> =>
  flow.tell('receipt.send', async () => {
    const { learner, lines, total } = quote;
    const { name, email } = await flow.run('learner.read', { learner }, { as: 'learner.read for receipt' });
    return { order, outcome, name, email, lines, total };
  });
