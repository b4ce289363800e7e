import type { Sql } from '../../journal/connect.ts';
import { reverseEffect, type SettledColumns } from '../../journal/effects.ts';
import { appendEvent } from '../../journal/events.ts';
import { recordFacts } from '../../journal/facts.ts';
import type { EffectDeps, EffectRequest } from './effect-types.ts';

interface Answer {
  /** The input that the row was claimed with. */
  readonly input: unknown;
  readonly plugin: string;
  readonly output: unknown;
  readonly via: 'call' | 'look-up';
  /** Changes the row itself; false when it was no longer ours to change. */
  readonly update: (sql: Sql, columns: SettledColumns) => Promise<boolean>;
}

/** Everything that a settled answer changes, in one transaction with the row itself. False: nothing was changed. */
export const settle = (
  { journal, implementation }: EffectDeps,
  { action, caller, status }: EffectRequest,
  { input, plugin, output, via, update }: Answer,
): Promise<boolean> =>
  journal.transaction(async (sql) => {
    const { service } = implementation(plugin, action.name).wired.plugin;
    const reference = action.reference?.(output);
    const order = action.order?.(input, output);
    // A Service may answer that it did not happen after all: a fact, but no effect.
    const state = action.notDone?.(output) === undefined ? 'done' : 'failed';
    if (!(await update(sql, { state, output, reference, order }))) return false;
    const facts = action.facts?.(input, output, service) ?? [];
    await recordFacts(sql, facts, { source: service, flow: caller.flow.id });
    for (const undone of (state === 'done' && action.reverses?.(input, output)) || [])
      await reverseEffect(sql, undone.action, undone.key);
    if (reference !== undefined) {
      // A webhook may have come before its object was known here.
      await sql.run(
        `UPDATE inbox SET due_at = NOW(6) WHERE state = 'waiting' AND service = ? AND reference = ?`,
        [service, reference],
      );
    }
    await appendEvent(sql, {
      flow: caller.flow.id,
      kind: state === 'failed' ? state : via === 'call' ? 'done' : 'found',
      step: caller.flow.step,
      service,
      status,
      order,
      detail: { action: action.name, reference },
    });
    return true;
  });
