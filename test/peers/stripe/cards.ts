import { invalid } from './problems.ts';

export type CardOutcome =
  | { readonly kind: 'approved' }
  | { readonly kind: 'challenge' }
  | { readonly kind: 'processing' }
  | {
      readonly kind: 'declined';
      readonly code: string;
      readonly declineCode?: string;
      readonly message: string;
    };

const declined = (declineCode: string, message = 'Your card was declined.'): CardOutcome => ({
  kind: 'declined',
  code: 'card_declined',
  declineCode,
  message,
});

const outcomes: Readonly<Record<string, CardOutcome>> = {
  pm_card_visa: { kind: 'approved' },
  pm_card_mastercard: { kind: 'approved' },
  pm_card_chargeDeclined: declined('generic_decline'),
  pm_card_visa_chargeDeclined: declined('generic_decline'),
  pm_card_visa_chargeDeclinedInsufficientFunds: declined(
    'insufficient_funds',
    'Your card has insufficient funds.',
  ),
  pm_card_chargeDeclinedExpiredCard: {
    kind: 'declined',
    code: 'expired_card',
    message: 'Your card has expired.',
  },
  pm_card_threeDSecure2Required: { kind: 'challenge' },
  pm_card_authenticationRequired: { kind: 'challenge' },
  pm_usBankAccount: { kind: 'processing' },
};

/** What a test payment method comes to. */
export const cardOutcome = (method: string): CardOutcome => {
  const outcome = outcomes[method];
  if (!outcome) throw invalid('resource_missing', `No such PaymentMethod: '${method}'`, 'payment_method');
  return outcome;
};
