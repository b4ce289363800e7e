import type { z } from 'zod';
import { changed, orderOf, type Store } from './store.ts';
import { newId, nowSeconds, type Charge, type Intent, type IntentStatus, type Metadata } from './objects.ts';
import type { CreateIntent, UpdateIntent } from './params.ts';
import { invalid, refused } from './problems.ts';

const smallestAmount = 50;

export const createIntent = (store: Store, params: z.output<typeof CreateIntent>): Intent => {
  checkAmount(params.amount);
  const id = newId('pi');
  const intent: Intent = {
    id,
    object: 'payment_intent',
    amount: params.amount,
    amount_capturable: 0,
    amount_received: 0,
    automatic_payment_methods: params.automatic_payment_methods ?? null,
    canceled_at: null,
    cancellation_reason: null,
    capture_method: params.capture_method,
    client_secret: `${id}_secret_${newId('peer')}`,
    confirmation_method: 'automatic',
    created: nowSeconds(),
    currency: params.currency,
    customer: params.customer ?? null,
    description: params.description ?? null,
    last_payment_error: null,
    latest_charge: null,
    livemode: false,
    metadata: params.metadata,
    next_action: null,
    payment_method: params.payment_method ?? null,
    payment_method_types: params.payment_method_types ?? ['card'],
    receipt_email: params.receipt_email ?? null,
    status: params.payment_method ? 'requires_confirmation' : 'requires_payment_method',
  };
  store.intents.set(id, intent);
  const { amount, currency } = intent;
  store.ledger.add({ kind: 'intent-created', intent: id, order: orderOf(intent), amount, currency });
  store.emit('payment_intent.created', intent);
  return intent;
};

export const updateIntent = (
  store: Store,
  intent: Intent,
  { metadata, amount, description, receipt_email }: z.output<typeof UpdateIntent>,
): Intent => {
  if (amount !== undefined) {
    checkAmount(amount);
    requireStatus(intent, ['requires_payment_method', 'requires_confirmation', 'requires_action'], 'update');
  }
  return changed(store.intents, intent, {
    ...(metadata && { metadata: mergeMetadata(intent.metadata, metadata) }),
    ...(amount !== undefined && { amount }),
    ...(description !== undefined && { description }),
    ...(receipt_email !== undefined && { receipt_email }),
  });
};

/** Authorizes under manual capture, takes the money otherwise. */
export const approve = (store: Store, intent: Intent): Intent => {
  const isManual = intent.capture_method === 'manual';
  const charge = addCharge(store, intent);
  const { id, amount } = intent;
  if (!isManual) return receive(store, intent, { amount, charge });
  const authorized = changed(store.intents, intent, {
    status: 'requires_capture',
    amount_capturable: amount,
    latest_charge: charge.id,
    next_action: null,
    last_payment_error: null,
  });
  store.ledger.add({ kind: 'authorized', intent: id, order: orderOf(intent), amount });
  store.emit('payment_intent.amount_capturable_updated', authorized);
  return authorized;
};

export const captureIntent = (store: Store, intent: Intent, amount?: number): Intent => {
  requireStatus(intent, ['requires_capture'], 'capture');
  const take = amount ?? intent.amount_capturable;
  if (take < 1 || take > intent.amount_capturable)
    throw refused({
      code: 'amount_too_large',
      message: `The amount to capture (${take}) must be positive and not more than what is capturable (${intent.amount_capturable}).`,
      param: 'amount_to_capture',
    });
  const charge = store.charges.get(intent.latest_charge ?? '');
  if (!charge) throw new Error(`${intent.id} is authorized without a charge`);
  return receive(store, intent, { amount: take, charge });
};

export const cancelIntent = (store: Store, intent: Intent, reason: string | null): Intent => {
  requireStatus(
    intent,
    ['requires_payment_method', 'requires_confirmation', 'requires_action', 'requires_capture'],
    'cancel',
  );
  const canceled = changed(store.intents, intent, {
    status: 'canceled',
    amount_capturable: 0,
    canceled_at: nowSeconds(),
    cancellation_reason: reason,
    next_action: null,
  });
  store.ledger.add({
    kind: 'canceled',
    intent: intent.id,
    order: orderOf(intent),
    reason: reason ?? 'requested',
  });
  store.emit('payment_intent.canceled', canceled);
  return canceled;
};

/** Stripe's answer to an operation that the intent's status does not allow: 400, stored under the key. */
export const requireStatus = (intent: Intent, allowed: readonly IntentStatus[], verb: string): void => {
  if (allowed.includes(intent.status)) return;
  const message = `You cannot ${verb} this PaymentIntent because it has a status of ${intent.status}. Only a PaymentIntent with one of the following statuses may do so: ${allowed.join(', ')}.`;
  throw refused({ code: 'payment_intent_unexpected_state', message, payment_intent: intent });
};

/** An empty value removes its key. */
export const mergeMetadata = (old: Metadata, given: Metadata): Metadata =>
  Object.fromEntries(Object.entries({ ...old, ...given }).filter(([, value]) => value !== ''));

type Taken = { readonly amount: number; readonly charge: Charge };

const receive = (store: Store, intent: Intent, { amount, charge }: Taken): Intent => {
  const { id, currency } = intent;
  const captured = changed(store.charges, charge, { captured: true, amount_captured: amount });
  const succeeded = changed(store.intents, intent, {
    status: 'succeeded',
    amount_capturable: 0,
    amount_received: amount,
    latest_charge: charge.id,
    next_action: null,
    last_payment_error: null,
  });
  store.ledger.add({
    kind: 'captured',
    intent: id,
    charge: charge.id,
    order: orderOf(intent),
    amount,
    currency,
  });
  if (intent.capture_method === 'manual') store.emit('charge.captured', captured);
  store.emit('payment_intent.succeeded', succeeded);
  return succeeded;
};

const addCharge = (store: Store, { id, amount, currency, metadata, payment_method }: Intent): Charge => {
  const charge: Charge = {
    id: newId('ch'),
    object: 'charge',
    amount,
    amount_captured: 0,
    amount_refunded: 0,
    captured: false,
    created: nowSeconds(),
    currency,
    livemode: false,
    metadata,
    paid: true,
    payment_intent: id,
    payment_method: payment_method ?? '',
    refunded: false,
    status: 'succeeded',
  };
  store.charges.set(charge.id, charge);
  return charge;
};

const checkAmount = (amount: number) => {
  if (amount < 1)
    throw invalid('parameter_invalid_integer', 'This value must be greater than or equal to 1.', 'amount');
  if (amount < smallestAmount)
    throw invalid('amount_too_small', `Amount must be at least ${smallestAmount}.`, 'amount');
};
