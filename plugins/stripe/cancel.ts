import { type Implementation, RetryableError } from 'commerce-coordinator/sdk';
import type Stripe from 'stripe';
import { asking, connect, StripeRefusal } from './client.ts';
import { paymentOf, retrieve } from './payment.ts';
import type { Settings } from './settings.ts';

/** States that answer the question without a write: what is final, and with `unlessPaid` what may still become money. */
const isAnswer = ({ status }: Stripe.PaymentIntent, unlessPaid: boolean): boolean =>
  status === 'succeeded' ||
  status === 'canceled' ||
  (unlessPaid && (status === 'requires_capture' || status === 'processing'));

export const cancelPayment: Implementation<'payment.cancel', Settings> = {
  run: async ({ payment, unlessPaid }, call) => {
    if (unlessPaid) {
      const intent = await retrieve(payment, call);
      if (isAnswer(intent, unlessPaid)) return paymentOf(intent);
    }
    try {
      const intent = await asking(() =>
        connect(call).paymentIntents.cancel(
          payment,
          { cancellation_reason: 'abandoned' },
          { idempotencyKey: call.key },
        ),
      );
      return paymentOf(intent);
    } catch (error) {
      if (!(error instanceof StripeRefusal)) throw error;
      // Stripe refuses when the payment has moved on meanwhile: its new state is the answer.
      const intent = await retrieve(payment, call);
      if (isAnswer(intent, unlessPaid)) return paymentOf(intent);
      if (intent.status === 'processing') {
        throw new RetryableError(
          'payment.processing',
          `Stripe is still working on ${payment} and cancels nothing before it is done.`,
        );
      }
      throw error;
    }
  },
  onDoubt: {
    repeatFor: '23h',
    lookup: async ({ payment }, call) => {
      const intent = await retrieve(payment, call);
      if (intent.status === 'processing') return 'undecided';
      // An authorization is no answer here, not even with `unlessPaid`: our lost cancel could still arrive.
      return isAnswer(intent, false) ? { found: paymentOf(intent) } : 'absent';
    },
  },
};
