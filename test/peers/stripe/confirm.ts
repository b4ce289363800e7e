import { Refusal } from '../kit/answer.ts';
import { cardOutcome, type CardOutcome } from './cards.ts';
import { approve, requireStatus } from './intents.ts';
import { changed, orderOf, type Store } from './store.ts';
import type { Intent, PaymentError } from './objects.ts';
import { invalid, problem } from './problems.ts';

type Confirming = { readonly payment_method?: string | undefined; readonly return_url?: string | undefined };

/** One attempt of the learner to pay. A declined card leaves the intent open for the next attempt. */
export const confirmIntent = (
  store: Store,
  intent: Intent,
  { payment_method, return_url }: Confirming,
): Intent => {
  const method = payment_method ?? intent.payment_method;
  if (!method)
    throw invalid('parameter_missing', 'You must provide a payment method to confirm.', 'payment_method');
  const outcome = cardOutcome(method);
  requireStatus(intent, ['requires_payment_method', 'requires_confirmation', 'requires_action'], 'confirm');
  const tried = changed(store.intents, intent, { payment_method: method, last_payment_error: null });
  switch (outcome.kind) {
    case 'approved':
      return approve(store, tried);
    case 'challenge':
      return challenge(store, tried, return_url);
    case 'processing':
      return startProcessing(store, tried);
    case 'declined':
      throw decline(store, tried, outcome);
  }
};

/** The attempt came to nothing: back to the start, with the error on record. */
export const failAttempt = (
  store: Store,
  intent: Intent,
  error: Omit<PaymentError, 'payment_method'>,
): Intent => {
  const failed = changed(store.intents, intent, {
    status: 'requires_payment_method',
    payment_method: null,
    next_action: null,
    last_payment_error: {
      ...error,
      payment_method: { id: intent.payment_method ?? '', object: 'payment_method', type: 'card' },
    },
  });
  const { code } = error;
  store.ledger.add({ kind: 'attempt-failed', intent: intent.id, order: orderOf(intent), code });
  store.emit('payment_intent.payment_failed', failed);
  return failed;
};

const challenge = (store: Store, intent: Intent, returnUrl: string | undefined): Intent => {
  const waiting = changed(store.intents, intent, {
    status: 'requires_action',
    next_action: returnUrl
      ? {
          type: 'redirect_to_url',
          redirect_to_url: { return_url: returnUrl, url: `/_peer/3ds/${intent.id}/complete` },
        }
      : { type: 'use_stripe_sdk', use_stripe_sdk: { type: 'three_d_secure_redirect' } },
  });
  store.emit('payment_intent.requires_action', waiting);
  return waiting;
};

const startProcessing = (store: Store, intent: Intent): Intent => {
  const processing = changed(store.intents, intent, { status: 'processing', next_action: null });
  store.emit('payment_intent.processing', processing);
  return processing;
};

const decline = (
  store: Store,
  intent: Intent,
  { code, declineCode, message }: Extract<CardOutcome, { kind: 'declined' }>,
): Refusal => {
  const error = {
    type: 'card_error',
    code,
    message,
    ...(declineCode && { decline_code: declineCode }),
  } as const;
  const payment_intent = failAttempt(store, intent, error);
  return new Refusal(problem(402, { ...error, payment_intent }));
};
