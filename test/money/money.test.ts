import fc from 'fast-check';
import { addMoney, digitsOf, formatMoney, Money, parseMoney } from '../../contracts/money.ts';

// 0, 2, 3 and 4 digits: yen, dollars, Kuwaiti dinars, and Chile's unit of account.
const CURRENCIES = ['JPY', 'USD', 'KWD', 'CLF'] as const;
const currency = fc.constantFrom(...CURRENCIES);
/** Up to what the thirteen digits before the point can say in every currency. */
const minorUnits = fc.oneof(fc.nat({ max: 1_000 }), fc.integer({ min: 0, max: 9_999_999_999_999 }));
const money = fc.record({ amount: minorUnits, currency });

/** The text of an amount without its currency, as an order system would send it. */
const decimalOf = (amount: Money): string => formatMoney(amount).split(' ')[0] ?? '';

describe('money is exact', () => {
  it('is the same after being written and read again', () => {
    fc.assert(fc.property(money, (any) => expect(parseMoney(decimalOf(any), any.currency)).toEqual(any)));
  });

  it('is written as people write it, with exactly the digits of its currency', () => {
    expect(formatMoney({ amount: 4_900, currency: 'USD' })).toBe('49.00 USD');
    expect(formatMoney({ amount: 4_900, currency: 'JPY' })).toBe('4900 JPY');
    expect(formatMoney({ amount: 49_000, currency: 'KWD' })).toBe('49.000 KWD');
    expect(formatMoney({ amount: 5, currency: 'USD' })).toBe('0.05 USD');
    expect(formatMoney({ amount: 0, currency: 'KWD' })).toBe('0.000 KWD');
    fc.assert(
      fc.property(money, (any) => {
        expect((decimalOf(any).split('.')[1] ?? '').length).toBe(digitsOf(any.currency));
      }),
    );
  });

  it('reads minor units by the currency: 49 is 4,900 cents, 49 yen, and 49,000 fils', () => {
    expect(parseMoney('49', 'USD').amount).toBe(4_900);
    expect(parseMoney('49', 'JPY').amount).toBe(49);
    expect(parseMoney('49', 'KWD').amount).toBe(49_000);
  });

  it('loses no minor unit where a float would: computed with whole numbers only', () => {
    expect(Math.trunc(1.15 * 100)).toBe(114); // Why floats are out.
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 999_999_999_999 }), fc.nat({ max: 99 }), (whole, cents) => {
        const read = parseMoney(`${whole}.${String(cents).padStart(2, '0')}`, 'USD');
        expect(BigInt(read.amount)).toBe(BigInt(whole) * 100n + BigInt(cents));
      }),
    );
  });

  it('keeps the order of amounts: one minor unit more is more', () => {
    fc.assert(
      fc.property(currency, fc.integer({ min: 0, max: 9_999_999_999 }), (code, amount) => {
        const next = parseMoney(decimalOf({ amount: amount + 1, currency: code }), code);
        expect(next.amount - parseMoney(decimalOf({ amount, currency: code }), code).amount).toBe(1);
      }),
    );
  });

  it('takes zeros after the point that say nothing, and refuses digits that the currency does not have', () => {
    expect(parseMoney('49.0000', 'USD')).toEqual({ amount: 4_900, currency: 'USD' });
    expect(parseMoney('4900.00', 'JPY')).toEqual({ amount: 4_900, currency: 'JPY' });
    fc.assert(
      fc.property(money, fc.integer({ min: 1, max: 9 }), (any, digit) => {
        const text = decimalOf(any);
        const tooFine = digitsOf(any.currency) === 0 ? `${text}.${digit}` : `${text}${digit}`;
        expect(() => parseMoney(tooFine, any.currency)).toThrow(RangeError);
      }),
    );
  });

  it.each([
    '',
    ' ',
    '-1',
    '+1',
    '1e3',
    '1,000',
    '1.',
    '.5',
    '0x10',
    'NaN',
    'Infinity',
    '1.2.3',
    '49 USD',
    '１',
  ])('refuses %j, which is no amount', (text) => {
    expect(() => parseMoney(text, 'USD')).toThrow(/is not an amount of USD: expected .* such as '49\.00'/);
  });

  it('refuses an amount that a number could not hold exactly', () => {
    expect(() => parseMoney('99999999999999', 'USD')).toThrow(RangeError);
    expect(() => parseMoney('9999999999999.9999', 'CLF')).toThrow('Too big');
    expect(Money.safeParse({ amount: Number.MAX_SAFE_INTEGER + 1, currency: 'USD' }).success).toBe(false);
  });

  it('is never a float, never negative, and always has a currency', () => {
    fc.assert(
      fc.property(fc.double({ noInteger: true }), (amount) => {
        expect(Money.safeParse({ amount, currency: 'USD' }).success).toBe(false);
      }),
    );
    for (const wrong of [
      { amount: -1, currency: 'USD' },
      { amount: '4900', currency: 'USD' },
      { amount: 1, currency: 'usd' },
      { amount: 1 },
    ]) {
      expect(Money.safeParse(wrong).success).toBe(false);
    }
  });

  it('adds up without loss, in any order, and never across currencies', () => {
    const amounts = fc.array(fc.integer({ min: 0, max: 1_000_000_000 }), { maxLength: 50 });
    fc.assert(
      fc.property(currency, amounts, (code, list) => {
        const parts = list.map((amount) => ({ amount, currency: code }));
        const sum = addMoney(parts, code);
        expect(BigInt(sum.amount)).toBe(list.reduce((total, amount) => total + BigInt(amount), 0n));
        expect(addMoney(parts.toReversed(), code)).toEqual(sum);
      }),
    );
    expect(() => addMoney([{ amount: 1, currency: 'EUR' }], 'USD')).toThrow('Cannot add 0.01 EUR');
    expect(() =>
      addMoney(
        [
          { amount: Number.MAX_SAFE_INTEGER, currency: 'USD' },
          { amount: 1, currency: 'USD' },
        ],
        'USD',
      ),
    ).toThrow('Too big');
  });
});
