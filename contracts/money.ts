import { z } from 'zod';

/** An amount in minor units with its ISO 4217 currency: `{ amount: 4900, currency: 'USD' }` is 49 dollars, `{ amount: 4900, currency: 'JPY' }` 4,900 yen. */
export const Money = z.object({
  amount: z.int().min(0).max(Number.MAX_SAFE_INTEGER),
  currency: z.string().regex(/^[A-Z]{3}$/, 'an ISO 4217 code in capitals, such as USD'),
});
export type Money = Readonly<z.infer<typeof Money>>;

// ISO 4217 lists every other active currency with two digits.
const DIGITS: Readonly<Record<string, number>> = {
  ...Object.fromEntries(
    [
      'BIF',
      'CLP',
      'DJF',
      'GNF',
      'ISK',
      'JPY',
      'KMF',
      'KRW',
      'PYG',
      'RWF',
      'UGX',
      'UYI',
      'VND',
      'VUV',
      'XAF',
      'XOF',
      'XPF',
    ].map((code) => [code, 0]),
  ),
  ...Object.fromEntries(['BHD', 'IQD', 'JOD', 'KWD', 'LYD', 'OMR', 'TND'].map((code) => [code, 3])),
  CLF: 4,
  UYW: 4,
};

/** How many decimal digits the currency has by ISO 4217: 2 for USD, 0 for JPY, 3 for KWD. */
export const digitsOf = (currency: string): number => DIGITS[currency] ?? 2;

/**
 * Reads decimal text such as `'49.00'` exactly, without a float in between.
 * Throws a RangeError for text that is no such amount, or has more digits than the currency.
 */
export const parseMoney = (decimal: string, currency: string): Money => {
  const digits = digitsOf(currency);
  const match = /^(\d{1,13})(?:\.(\d+))?$/.exec(decimal.trim());
  const fraction = (match?.[2] ?? '').replace(/0+$/, '');
  if (!match || fraction.length > digits) {
    throw new RangeError(
      `'${decimal}' is not an amount of ${currency}: expected digits with at most ${digits} after the point, such as '49${digits ? `.${'0'.repeat(digits)}` : ''}'.`,
    );
  }
  return Money.parse({ amount: Number(`${match[1]}${fraction.padEnd(digits, '0')}`), currency });
};

/** The same amount as people write it: `'49.00 USD'`, `'4900 JPY'`. */
export const formatMoney = ({ amount, currency }: Money): string => {
  const digits = digitsOf(currency);
  const text = String(amount).padStart(digits + 1, '0');
  return `${digits ? `${text.slice(0, -digits)}.${text.slice(-digits)}` : text} ${currency}`;
};

/** Adds amounts of one currency. Throws a RangeError when two currencies meet. */
export const addMoney = (amounts: readonly Money[], currency: string): Money => {
  const stranger = amounts.find((money) => money.currency !== currency);
  if (stranger) throw new RangeError(`Cannot add ${formatMoney(stranger)} to an amount in ${currency}.`);
  return Money.parse({ amount: amounts.reduce((sum, money) => sum + money.amount, 0), currency });
};
