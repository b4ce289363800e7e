import { CALLED_OFF } from '../harness/ledgers.ts';
import { openShop, type Shop } from '../harness/shop.ts';
import { outcomeOf, play, type Write, WRITES } from '../harness/writes.ts';
import type { FaultSpec } from '../peers/kit/faults.ts';

type Loss = Omit<FaultSpec, 'match'>;

// The client waits 700 ms.
const LOSSES: readonly Loss[] = [
  { kind: 'drop-after' },
  { kind: 'reset-after' },
  { kind: 'status-after' },
  { kind: 'delay-after', ms: 1_200 },
  { kind: 'malformed' },
];
/** An error that Stripe keeps under the key, and answers again and again. */
const STORED: readonly Loss[] = [
  { kind: 'stored-500', worked: true },
  { kind: 'stored-500', worked: false },
];
const AT_ONCE = 8;

const cases = WRITES.flatMap((write) =>
  [...LOSSES, ...(write.peer === 'stripe' ? STORED : [])].map((loss) => ({ write, loss })),
);
const named = ({ write, loss }: (typeof cases)[number]): string =>
  [
    write.action,
    `(${write.way})`,
    loss.kind,
    ...(loss.worked === undefined ? [] : [`worked: ${loss.worked}`]),
  ].join(' ');

let shop: Shop;
beforeAll(async () => {
  shop = await openShop({ policy: { payWithin: '60s' } });
}, 120_000);
afterAll(() => shop[Symbol.asyncDispose]());

/** The first write may be given up instead: then it is undone. */
const outcomesOf = (write: Write, amount: number) => [
  outcomeOf(write.way, amount),
  ...(write.action === 'order.open' ? [{ status: 'declined', holds: { ...CALLED_OFF, intents: [] } }] : []),
];

describe('a write whose answer is lost has one effect', () => {
  const results = new Map<string, Promise<void>>();
  beforeAll(() => {
    const queue = [...cases];
    const runOne = async ({ write, loss }: (typeof cases)[number]): Promise<void> => {
      const { amount, ended } = play(shop, write, loss);
      const { one, status, fault } = await ended;
      expect(outcomesOf(write, amount)).toContainEqual({ status, holds: shop.ledgers(one) });
      expect(fault.observed).toBeGreaterThanOrEqual(1);
    };
    const settle = new Map(
      cases.map((one) => {
        let go = (): void => undefined;
        const turn = new Promise<void>((resolve) => (go = resolve));
        const result = turn.then(() => runOne(one));
        result.catch(() => undefined); // Its own test is told.
        results.set(named(one), result);
        return [one, { go, result }] as const;
      }),
    );
    const work = async (): Promise<void> => {
      for (let next = queue.shift(); next; next = queue.shift()) {
        const { go, result } = settle.get(next) ?? {};
        go?.();
        await result?.catch(() => undefined);
      }
    };
    for (let n = 0; n < AT_ONCE; n++) void work();
  });

  it.each(cases.map(named))('%s', async (name) => {
    await results.get(name);
  });

  it('and the journal agrees', async () => {
    await Promise.allSettled(results.values());
    expect(await shop.violations()).toEqual([]);
  });
});
