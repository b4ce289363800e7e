import { Refusal } from '../kit/answer.ts';
import { failAttempt } from './confirm.ts';
import { approve, cancelIntent } from './intents.ts';
import type { Idempotency } from './idempotency.ts';
import type { Intent, IntentStatus, Refund } from './objects.ts';
import { failRefund, succeedRefund } from './refunds.ts';
import { found, type Store } from './store.ts';

/** What happens to a payment without a call of the shop: the learner's bank, the network, the passing of days. */
export type StripeActions = {
  readonly complete3ds: (intent: string) => Intent;
  readonly fail3ds: (intent: string) => Intent;
  /** A slow method (`pm_usBankAccount`) arrives, or does not. */
  readonly succeedProcessing: (intent: string) => Intent;
  readonly failProcessing: (intent: string) => Intent;
  /** The authorization ends after seven days: canceled by Stripe. */
  readonly expireIntent: (intent: string) => Intent;
  readonly succeedRefund: (refund: string) => Refund;
  readonly failRefund: (refund: string) => Refund;
  /** The next refunds stay pending until `succeedRefund` or `failRefund`. */
  readonly startRefundsPending: (times?: number) => void;
  /** The end of the Idempotency-Keys' lifetime, for one or for all. */
  readonly expireKeys: (key?: string) => void;
};

export const createActions = (
  store: Store,
  idempotency: Idempotency,
): {
  readonly actions: StripeActions;
  readonly nextRefundIsPending: () => boolean;
  readonly clear: () => void;
} => {
  let pending = 0;
  const intentIn = (id: string, status: IntentStatus): Intent => {
    const intent = found(store.intents, id, 'payment_intent');
    if (intent.status === status) return intent;
    const message = `${id} is ${intent.status}, not ${status}.`;
    throw new Refusal({ status: 409, body: { message } });
  };
  const refundOf = (id: string) => found(store.refunds, id, 'refund');
  const fail = (intent: Intent, code: string, message: string) =>
    failAttempt(store, intent, { type: 'card_error', code, message });

  return {
    nextRefundIsPending: () => pending > 0 && pending-- > 0,
    clear: () => {
      pending = 0;
    },
    actions: {
      complete3ds: (id) => approve(store, intentIn(id, 'requires_action')),
      fail3ds: (id) =>
        fail(
          intentIn(id, 'requires_action'),
          'payment_intent_authentication_failure',
          'The provided PaymentMethod has failed authentication.',
        ),
      succeedProcessing: (id) => approve(store, intentIn(id, 'processing')),
      failProcessing: (id) => fail(intentIn(id, 'processing'), 'payment_failed', 'The payment failed.'),
      expireIntent: (id) => cancelIntent(store, intentIn(id, 'requires_capture'), 'automatic'),
      succeedRefund: (id) => succeedRefund(store, refundOf(id)),
      failRefund: (id) => failRefund(store, refundOf(id)),
      startRefundsPending: (times = 1) => {
        pending = times;
      },
      expireKeys: idempotency.expire,
    },
  };
};
