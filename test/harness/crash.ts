import { mailedOnce } from './ledgers.ts';
import type { Shop } from './shop.ts';
import { outcomeOf, play, type Player, type Write } from './writes.ts';

/**
 * Brings one purchase to each of these writes, kills the worker while all of their Services have done the work and not
 * yet answered, and starts another. Throws unless each write was claimed and unsettled at that moment.
 */
export const crashAt = async (shop: Shop, writes: readonly Write[]): Promise<readonly Player[]> => {
  const players = writes.map((write) => play(shop, write, { kind: 'hold-after' }));
  const faults = await Promise.all(players.map(({ reached }) => reached));
  await shop.crashWorkers(async () => {
    const claimed = await shop.journal.rows<{ action: string }>(
      `SELECT action FROM effects WHERE state = 'claimed'`,
    );
    expect(claimed.map(({ action }) => action).sort()).toEqual(writes.map(({ action }) => action).sort());
    for (const fault of faults) fault.release();
  });
  return players;
};

/** The purchase ended as if nothing had happened, and every Service did its part once. */
export const expectOutcome = async (shop: Shop, { write, amount, ended }: Player): Promise<void> => {
  const { one, status, fault } = await ended;
  const expected = outcomeOf(write.way, amount);
  expect({ write: write.action, status, holds: mailedOnce(shop.ledgers(one)) }).toEqual({
    write: write.action,
    ...expected,
  });
  expect(fault.observed).toBeGreaterThanOrEqual(1);
};
