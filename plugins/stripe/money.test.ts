import fc from 'fast-check';
import { fromStripe, toStripe } from './money.ts';

describe('money at Stripe', () => {
  test.each([
    ['USD', 4_900, 4_900],
    ['JPY', 5_000, 5_000],
    ['KWD', 1_230, 1_230],
    ['ISK', 5, 500],
    ['UGX', 5, 500],
    ['MGA', 500, 5],
    ['HUF', 4_900, 4_900],
    ['TWD', 4_900, 4_900],
  ])('%s: our %i is its %i, and back', (currency, ours, its) => {
    expect(toStripe({ amount: ours, currency })).toEqual({ amount: its, currency: currency.toLowerCase() });
    expect(fromStripe(its, currency.toLowerCase())).toEqual({ amount: ours, currency });
  });

  test.each([
    ['KWD', 1_234],
    ['MGA', 501],
  ])('refuses %s %i, which Stripe would take only when rounded', (currency, amount) => {
    expect(() => toStripe({ amount, currency })).toThrow(
      expect.objectContaining({ code: 'stripe.amount-not-exact' }),
    );
  });

  test('refuses a fraction of a krona that Stripe names', () => {
    expect(() => fromStripe(501, 'isk')).toThrow(
      expect.objectContaining({ code: 'service.malformed-answer' }),
    );
  });

  test('survives the way there and back for every amount that is taken', () => {
    const currencies = fc.constantFrom('USD', 'EUR', 'JPY', 'KRW', 'ISK', 'UGX', 'XOF');
    fc.assert(
      fc.property(fc.nat(99_999_999), currencies, (amount, currency) => {
        const there = toStripe({ amount, currency });
        expect(fromStripe(there.amount, there.currency)).toEqual({ amount, currency });
      }),
    );
  });
});
