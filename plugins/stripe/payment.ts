import { type Out, ParkError } from 'commerce-coordinator/sdk';
import type Stripe from 'stripe';
import { asking, connect } from './client.ts';
import { fromStripe } from './money.ts';
import type { StripeCall } from './settings.ts';

/** Names this Service in facts, whoever saw them. */
export const SERVICE = 'stripe';

/** Stripe's own record of the payment: the only evidence. */
export const retrieve = (payment: string, call: StripeCall): Promise<Stripe.PaymentIntent> =>
  asking(() => connect(call).paymentIntents.retrieve(payment));

/** Where the payment stands. A failed attempt is `pending`: the learner may try again. */
export const paymentOf = (intent: Stripe.PaymentIntent): Out<'payment.find'> => {
  const { id: payment, status, currency } = intent;
  switch (status) {
    case 'requires_payment_method':
    case 'requires_confirmation':
    case 'requires_action':
      return { status: 'pending', payment };
    case 'processing':
      return { status: 'pending', payment, processing: true };
    case 'requires_capture':
      return {
        status: 'authorized',
        payment,
        service: SERVICE,
        amount: fromStripe(intent.amount_capturable, currency),
      };
    case 'succeeded':
      return {
        status: 'captured',
        payment,
        service: SERVICE,
        amount: fromStripe(intent.amount_received, currency),
      };
    case 'canceled':
      return { status: 'canceled', payment, reason: intent.cancellation_reason ?? 'canceled' };
    default:
      throw new ParkError(
        'service.malformed-answer',
        `Stripe says that payment ${payment} is '${status}', which this plugin does not know. Update the plugin.`,
      );
  }
};

export const findPayment = async (
  { order, payment }: { order: string; payment: string },
  call: StripeCall,
): Promise<Out<'payment.find'>> => {
  const intent = await retrieve(payment, call);
  const theirs = intent.metadata['order'];
  if (theirs === order) return paymentOf(intent);
  // What this answers becomes a fact of the order: nobody may pay for it with a stranger's money.
  throw new ParkError(
    'stripe.other-order',
    `Payment ${payment} belongs to ${theirs ? `order ${theirs}` : 'no order of ours'}, not to order ${order}. Ask for the payment of this order.`,
  );
};

/** The one value that neither history nor journal may hold; only the API asks for it. */
export const readSecret = async (
  { payment }: { payment: string },
  call: StripeCall,
): Promise<Out<'payment.secret'>> => {
  const { client_secret: clientSecret } = await retrieve(payment, call);
  if (!clientSecret) {
    throw new ParkError(
      'service.malformed-answer',
      `Stripe gave no client secret for ${payment}. Is the secret key a restricted one?`,
    );
  }
  return { clientSecret, publishableKey: call.settings.publishableKey };
};
