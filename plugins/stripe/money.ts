import { digitsOf, type Money, ParkError } from 'commerce-coordinator/sdk';

// Where Stripe counts in another unit than ISO 4217 (https://docs.stripe.com/currencies#special-cases). HUF and TWD
// are special for payouts only.
const DIGITS: Readonly<Record<string, number>> = { ISK: 2, UGX: 2, MGA: 0 };

/** Of three decimal digits the card networks carry two: the last one must be 0. */
const stepOf = (digits: number): number => (digits === 3 ? 10 : 1);

const digitsAtStripe = (currency: string): number => DIGITS[currency] ?? digitsOf(currency);

/** Our amount as Stripe counts it. Throws a ParkError for an amount that Stripe cannot take without rounding. */
export const toStripe = ({
  amount,
  currency,
}: Money): { readonly amount: number; readonly currency: string } => {
  const digits = digitsAtStripe(currency);
  const exact = rescale(amount, digits - digitsOf(currency));
  if (exact === undefined || exact % stepOf(digits) !== 0) {
    throw new ParkError(
      'stripe.amount-not-exact',
      `Stripe cannot take ${amount} minor units of ${currency} without rounding. Change the price in the catalog.`,
    );
  }
  return { amount: exact, currency: currency.toLowerCase() };
};

/** Stripe's amount as we count it. Throws a ParkError for a fraction that the currency does not have. */
export const fromStripe = (amount: number, currencyAtStripe: string): Money => {
  const currency = currencyAtStripe.toUpperCase();
  const exact = rescale(amount, digitsOf(currency) - digitsAtStripe(currency));
  if (exact === undefined) {
    throw new ParkError(
      'service.malformed-answer',
      `Stripe named ${amount} of ${currency}, which is no whole amount of it.`,
    );
  }
  return { amount: exact, currency };
};

/** Exact or undefined: integers only, so that no float is ever in between. */
const rescale = (amount: number, byDigits: number): number | undefined => {
  const factor = 10 ** Math.abs(byDigits);
  const scaled = byDigits >= 0 ? amount * factor : amount / factor;
  return Number.isSafeInteger(scaled) ? scaled : undefined;
};
