// What the author of a flow must not get past the compiler. `npm run types` checks it.
import { defineFlow } from '../../workflows/engine/define-flow.ts';

const ended = (status: 'declined' | 'canceled', reason: string) => ({
  answer: { next: 'none', reason } as const,
  result: { status, reason },
});
const declined = { status: 'declined', reason: 'for the test' } as const;

defineFlow({ name: 'purchase', ended }, async (flow) => {
  // @ts-expect-error not in the contract's `uses`: start-up could not check that somebody implements it
  await flow.run('payment.secret', { payment: 'p' });
  // @ts-expect-error no such Action
  await flow.run('payment.look', { order: 'o', payment: 'p' });
  // @ts-expect-error the input lacks the payment
  await flow.run('payment.find', { order: 'o' });
  // @ts-expect-error an e-mail stops nothing: it is told, not run
  await flow.run('receipt.send', {});
  const found = await flow.run('payment.find', { order: 'o', payment: 'p' });
  // @ts-expect-error only an authorized or captured payment has an amount: ask for the status first
  void found.amount;
  // @ts-expect-error 'paid' is no status of a payment
  if (found.status === 'paid') return declined;
  // @ts-expect-error the undo of a step gets that step's output
  await flow.run('payment.find', { order: 'o', payment: 'p' }, { undo: async (done) => done.refund });
  // @ts-expect-error the flow's contract knows no such message
  await flow.wait({ on: ['payment.gone'], until: async () => undefined });
  // @ts-expect-error the caller needs the order and the payment to go on
  flow.answer({ next: 'confirm-payment' });
  // @ts-expect-error no such policy
  void flow.policy.payBefore;
  return declined;
});

// @ts-expect-error no contract of this name
defineFlow({ name: 'purchases', ended }, async () => declined);
// @ts-expect-error a flow ends in a result of its contract
defineFlow({ name: 'purchase', ended }, async () => ({ status: 'done' }));
// @ts-expect-error the engine must know what to answer when it ends the flow
defineFlow({ name: 'purchase' }, async () => declined);
