import type { Action } from '../../contracts/define.ts';
import { digestOf } from '../../journal/digest.ts';
import { expireClaim, insertEffect, readEffect, settleAssumed } from '../../journal/effects.ts';
import { appendEvent } from '../../journal/events.ts';
import { type Caller, parseOutput } from './call.ts';
import { claimOf, enterInDoubt, outcomeOf, serviceKey } from './claim.ts';
import type { EffectDeps, EffectRequest } from './effect-types.ts';
import { failWith } from './failure.ts';
import { settle } from './settle.ts';

interface Assumption {
  readonly action: Action;
  readonly input: unknown;
  readonly meta: { readonly plugin: string; readonly status?: string | undefined };
  readonly caller: Caller;
  readonly assumed: unknown;
}

/**
 * Goes on with an output that an operator names. For money and grants only what the Service's own look-up finds is taken,
 * and only where it bears the reference that the operator named; anything else throws `steer.not-confirmed`.
 */
export const assumeOutput = async (deps: EffectDeps, assumption: Assumption): Promise<unknown> => {
  const { action, input, meta, caller, assumed } = assumption;
  const claimed = parseOutput(action.output, assumed, action.name);
  if (action.effect !== 'write') {
    const { id: flow, step } = caller.flow;
    await deps.journal.transaction((sql) =>
      appendEvent(sql, { flow, kind: 'skipped', step, detail: { action: action.name } }),
    );
    return claimed;
  }
  const { plugin, status } = meta;
  const request: EffectRequest = {
    action,
    input,
    plugin,
    caller,
    status,
    purpose: 'call',
    decisions: undefined,
  };
  const output = action.moves === undefined ? claimed : await confirm(deps, request, claimed);
  const row = await rowOf(deps, request);
  if (row.state === 'done') return parseOutput(action.output, row.output, action.name);
  const settled = await settle(deps, request, {
    input,
    plugin: row.plugin,
    output,
    via: 'look-up',
    update: (sql, columns) => settleAssumed(sql, row.id, columns),
  });
  if (settled) outcomeOf(action, output);
  else
    throw failWith('effect.busy', `${action.name} changed hands while it was skipped; steer it once more.`);
  return output;
};

/** The effect's row, made where nobody had claimed it yet. A live claim is waited for. */
const rowOf = async (deps: EffectDeps, request: EffectRequest) => {
  const { action, input } = request;
  const key = action.key?.(input) ?? '';
  const digest = digestOf(action.same ? action.same(input) : input);
  const row = await readEffect(deps.journal, action.name, key);
  if (row?.state === 'claimed' && row.leaseLeftMs > 0) {
    throw failWith('effect.busy', `${action.name} is being done by another worker.`, {
      afterMs: row.leaseLeftMs,
    });
  }
  if (row?.state === 'claimed') await expireClaim(deps.journal, row.id);
  if (row?.state === 'reversed' || row?.state === 'fenced') {
    throw failWith(
      `effect.${row.state}`,
      `${action.name} for ${key} is ${row.state}; nothing can be assumed of it.`,
    );
  }
  if (row) return row;
  // A claim whose lease is over from the start: it stands for a call that somebody else made by hand.
  const claim = claimOf(deps, request, { key, digest, generation: 1 });
  await insertEffect(deps.journal, claim, { claimed: { token: '', ms: 0 } });
  const fresh = await readEffect(deps.journal, action.name, key);
  if (!fresh)
    throw failWith('effect.busy', `${action.name} changed hands while it was skipped; steer it once more.`);
  await expireClaim(deps.journal, fresh.id);
  return fresh;
};

/** What the Service itself says of this effect. */
const confirm = async (
  deps: EffectDeps,
  { action, input, plugin, caller }: EffectRequest,
  claimed: unknown,
): Promise<unknown> => {
  const row = await readEffect(deps.journal, action.name, action.key?.(input) ?? '');
  const { wired, does } = deps.implementation(row?.plugin ?? plugin, action.name);
  const lookup = does.onDoubt === 'park' ? undefined : does.onDoubt.lookup;
  if (!lookup)
    throw failWith(
      'steer.not-confirmed',
      `${wired.name} has no look-up for ${action.name}, so nothing can confirm a skip.`,
    );
  const key = serviceKey(action.name, row?.key ?? action.key?.(input) ?? '', row?.generation ?? 1);
  const { call } = deps.openCall(wired, caller, { key, startedAt: performance.now() });
  const permit = await enterInDoubt(deps, wired, caller);
  const found = (await permit.run(() => lookup((row?.input ?? input) as never, call as never))) as
    'absent' | 'undecided' | { found: unknown };
  if (typeof found !== 'object') {
    throw failWith(
      'steer.not-confirmed',
      `${wired.name} says '${found}' to ${action.name}: the skip is not taken.`,
    );
  }
  const output = parseOutput(action.output, found.found, action.name);
  const [theirs, ours] = [action.reference?.(output), action.reference?.(claimed)];
  if (theirs !== ours) {
    throw failWith(
      'steer.not-confirmed',
      `${wired.name} knows ${theirs ?? 'no reference'}, the skip names ${ours ?? 'none'}.`,
    );
  }
  return output;
};
