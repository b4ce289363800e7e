import type { Implementation } from 'commerce-coordinator/sdk';
import { asking, connect, StripeRefusal } from './client.ts';
import { toStripe } from './money.ts';
import { paymentOf, retrieve } from './payment.ts';
import type { Settings } from './settings.ts';

export const capturePayment: Implementation<'payment.capture', Settings> = {
  run: async ({ payment, amount }, call) => {
    try {
      const intent = await asking(() =>
        connect(call).paymentIntents.capture(
          payment,
          { amount_to_capture: toStripe(amount).amount },
          { idempotencyKey: call.key },
        ),
      );
      return paymentOf(intent);
    } catch (error) {
      if (!(error instanceof StripeRefusal)) throw error;
      // Captured, canceled or expired by somebody else: their act is the answer. In any other state nobody may take
      // this refusal for an answer, as the effect would then count as done.
      const intent = await retrieve(payment, call);
      if (!['succeeded', 'processing', 'canceled'].includes(intent.status)) throw error;
      return paymentOf(intent);
    }
  },
  onDoubt: {
    repeatFor: '23h',
    lookup: async ({ payment }, call) => {
      const intent = await retrieve(payment, call);
      if (intent.status === 'processing') return 'undecided';
      return intent.status === 'succeeded' || intent.status === 'canceled'
        ? { found: paymentOf(intent) }
        : 'absent';
    },
  },
};
