import type { Implementation } from 'commerce-coordinator/sdk';
import { asking, connect, StripeRefusal } from './client.ts';
import { toStripe } from './money.ts';
import type { Settings, StripeCall } from './settings.ts';

/** Longer than Stripe keeps a key, so that what a repeat could not heal is still in the list. */
const LOOK_BACK_SECONDS = 72 * 3_600;
/** 100 pages. An intent that nobody got to know cannot be paid, so giving up here costs no money. */
const LOOK_AT_MOST = 10_000;

/** Reads the list, newest first; never Search, which lags behind writes. */
const find = async (call: StripeCall): Promise<string | 'absent' | 'undecided'> => {
  const since = Math.floor(Date.now() / 1_000) - LOOK_BACK_SECONDS;
  const intents = connect(call).paymentIntents.list({ created: { gte: since }, limit: 100 });
  let seen = 0;
  for await (const intent of intents) {
    if (intent.metadata['key'] === call.key) return intent.id;
    seen += 1;
    if (seen >= LOOK_AT_MOST) {
      call.log.warn({ key: call.key, seen }, 'Stopped looking for a payment: too many newer ones.');
      return 'undecided';
    }
  }
  return 'absent';
};

export const startPayment: Implementation<'payment.start', Settings> = {
  run: async ({ order, amount }, call) => {
    try {
      const { id } = await asking(() =>
        connect(call).paymentIntents.create(
          {
            ...toStripe(amount),
            capture_method: 'manual',
            automatic_payment_methods: { enabled: true },
            metadata: { order, flow: call.flow.id, key: call.key },
          },
          { idempotencyKey: call.key },
        ),
      );
      return { payment: id };
    } catch (error) {
      // The first attempt came from another flow: the key is the same, its metadata is not. That attempt counts.
      const isOtherFlow = error instanceof StripeRefusal && error.stripeCode === 'idempotency_error';
      const payment = isOtherFlow ? await asking(() => find(call)) : 'absent';
      if (!payment.startsWith('pi_')) throw error;
      return { payment };
    }
  },
  onDoubt: {
    repeatFor: '23h',
    lookup: async (_input, call) => {
      const payment = await asking(() => find(call));
      return payment === 'absent' || payment === 'undecided' ? payment : { found: { payment } };
    },
  },
};
