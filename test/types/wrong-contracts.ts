// What must not compile around contracts and money. `npm run types` checks it.
import { z } from 'zod';
import { action, type Duration, type Fact } from '../../contracts/define.ts';
import type { Out } from '../../contracts/index.ts';
import { addMoney, formatMoney, type Money } from '../../contracts/money.ts';

// @ts-expect-error a float in text is no amount
export const text: Money = { amount: '49.00', currency: 'USD' };
// @ts-expect-error an amount has a currency
export const bare: Money = { amount: 4_900 };
// @ts-expect-error nor is a number an amount
formatMoney(49);
// @ts-expect-error amounts are added with their currency, not as numbers
addMoney([4_900, 100], 'USD');
export const fixed: Money = { amount: 4_900, currency: 'USD' };
// @ts-expect-error money is never changed in place
fixed.amount = 5_000;

// @ts-expect-error nobody can see the unit
export const thirty: Duration = '30';
// @ts-expect-error nor of a number
export const number: Duration = 30;

const place = { order: 'o', service: 's', reference: 'r' } as const;
// @ts-expect-error money facts carry money
export const captured: Fact = { ...place, kind: 'captured', state: 'succeeded' };
// @ts-expect-error a grant is held or revoked
export const granted: Fact = { ...place, kind: 'granted', state: 'succeeded' };

const Input = z.object({ a: z.string() });
const Output = z.object({});
// @ts-expect-error only read, notify and write
action({ name: 'x.y', effect: 'mutate', input: Input, output: Output });
// @ts-expect-error a key is made of the input's own fields
action({ name: 'x.y', effect: 'write', input: Input, output: Output, key: ({ b }) => b });

export const reading = (found: Out<'payment.find'>): number => {
  // @ts-expect-error a pending payment has no amount
  if (found.status === 'pending') return found.amount.amount;
  return 0;
};
