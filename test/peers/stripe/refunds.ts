import type { z } from 'zod';
import { changed, found, orderOf, type Store } from './store.ts';
import { newId, nowSeconds, type Charge, type Refund } from './objects.ts';
import type { CreateRefund } from './params.ts';
import { invalid, refused } from './problems.ts';

type Wanted = z.output<typeof CreateRefund>;

/** Gives money back; never more than was captured, a pending refund counted in. */
export const createRefund = (
  store: Store,
  { params, nextIsPending }: { readonly params: Wanted; readonly nextIsPending: () => boolean },
): Refund => {
  const { charge, amount } = refundable(store, params);
  const startsPending = nextIsPending();
  const refund: Refund = {
    id: newId('re'),
    object: 'refund',
    amount,
    charge: charge.id,
    created: nowSeconds(),
    currency: charge.currency,
    metadata: params.metadata,
    payment_intent: charge.payment_intent,
    reason: params.reason ?? null,
    status: startsPending ? 'pending' : 'succeeded',
  };
  store.refunds.set(refund.id, refund);
  note(store, refund, startsPending ? 'refund-pending' : 'refunded');
  const refunded = setRefunded(store, charge, charge.amount_refunded + amount);
  store.emit('refund.created', refund);
  // At once, pending or not: whoever takes this event for money returned is wrong, here as at Stripe.
  store.emit('charge.refunded', refunded);
  return refund;
};

export const succeedRefund = (store: Store, refund: Refund): Refund => {
  if (refund.status !== 'pending') return refund;
  const done = changed(store.refunds, refund, { status: 'succeeded' });
  note(store, done, 'refunded');
  store.emit('refund.updated', done);
  return done;
};

/** A refund can fail days after it succeeded: the money is ours again, and the learner is still owed. */
export const failRefund = (store: Store, refund: Refund): Refund => {
  if (refund.status === 'failed') return refund;
  const { id, amount, payment_intent: intent } = refund;
  const failed = changed(store.refunds, refund, {
    status: 'failed',
    failure_reason: 'expired_or_canceled_card',
  });
  const charge = found(store.charges, refund.charge, 'charge');
  setRefunded(store, charge, charge.amount_refunded - amount);
  const order = orderOf(found(store.intents, intent, 'payment_intent'));
  const returned = refund.status === 'succeeded';
  store.ledger.add({ kind: 'refund-failed', refund: id, intent, order, amount, returned });
  store.emit('refund.failed', failed);
  store.emit('refund.updated', failed);
  return failed;
};

const refundable = (store: Store, { payment_intent, charge, amount }: Wanted) => {
  if (!payment_intent && !charge)
    throw invalid('parameter_missing', 'One of payment_intent or charge is required.', 'payment_intent');
  const intent = payment_intent ? found(store.intents, payment_intent, 'payment_intent') : undefined;
  const taken = store.charges.get(charge ?? intent?.latest_charge ?? '');
  if (!taken?.captured)
    throw refused({
      code: 'payment_intent_unexpected_state',
      message: `There is no captured charge to refund on ${payment_intent ?? charge}.`,
      payment_intent: intent,
    });
  const left = taken.amount_captured - taken.amount_refunded;
  if (left <= 0)
    throw refused({
      code: 'charge_already_refunded',
      message: `Charge ${taken.id} has already been refunded.`,
      charge: taken.id,
    });
  const wanted = amount ?? left;
  if (wanted < 1) throw invalid('parameter_invalid_integer', 'Invalid positive integer', 'amount');
  if (wanted > left)
    throw refused({
      code: 'amount_too_large',
      message: `Refund amount (${wanted}) is greater than unrefunded amount on charge (${left}).`,
      param: 'amount',
    });
  return { charge: taken, amount: wanted };
};

const setRefunded = (store: Store, charge: Charge, amount: number): Charge =>
  changed(store.charges, charge, { amount_refunded: amount, refunded: amount >= charge.amount_captured });

const note = (store: Store, refund: Refund, kind: 'refund-pending' | 'refunded') => {
  const { id, amount, payment_intent: intent } = refund;
  const order = orderOf(found(store.intents, intent, 'payment_intent'));
  store.ledger.add({ kind, refund: id, intent, order, amount });
};
