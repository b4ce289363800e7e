import { type Implementation, type Out, ParkError } from 'commerce-coordinator/sdk';
import type Stripe from 'stripe';
import { asking, connect, StripeRefusal } from './client.ts';
import { toStripe } from './money.ts';
import { SERVICE } from './payment.ts';
import type { Settings, StripeCall } from './settings.ts';

type Refund = Out<'payment.refund'>;

const STATUS: Readonly<Record<string, Refund['status']>> = {
  pending: 'pending',
  requires_action: 'pending',
  succeeded: 'succeeded',
  failed: 'failed',
  canceled: 'failed',
};

const refundOf = ({ id, status }: Stripe.Refund): Refund => {
  const known = status === null ? undefined : STATUS[status];
  if (!known) {
    throw new ParkError(
      'service.malformed-answer',
      `Stripe says that refund ${id} is '${status}', which this plugin does not know. Update the plugin.`,
    );
  }
  return { status: known, reference: id, service: SERVICE };
};

/** All refunds of one payment are few; the list is bounded by that. */
const find = (payment: string, call: StripeCall): Promise<Refund | undefined> =>
  asking(async () => {
    for await (const refund of connect(call).refunds.list({ payment_intent: payment, limit: 100 })) {
      if (refund.metadata?.['key'] === call.key) return refundOf(refund);
    }
    return undefined;
  });

export const refundPayment: Implementation<'payment.refund', Settings> = {
  run: async ({ order, payment, refund, amount }, call) => {
    try {
      const made = await asking(() =>
        connect(call).refunds.create(
          {
            payment_intent: payment,
            amount: toStripe(amount).amount,
            metadata: { order, refund, key: call.key },
          },
          { idempotencyKey: call.key },
        ),
      );
      return refundOf(made);
    } catch (error) {
      if (!(error instanceof StripeRefusal) || error.stripeCode !== 'charge_already_refunded') throw error;
      // Ours, or somebody else's at Stripe's own desk? Theirs is not ours to report: a person must look.
      const found = await find(payment, call);
      if (!found) throw error;
      return found;
    }
  },
  onDoubt: {
    repeatFor: '23h',
    lookup: async ({ payment }, call) => {
      const found = await find(payment, call);
      return found ? { found } : 'absent';
    },
  },
};
