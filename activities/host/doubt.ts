import { type EffectRow, failAbsent, noteAbsent, noteUndecided, settleFound } from '../../journal/effects.ts';
import { parseOutput } from './call.ts';
import { enterInDoubt, outcomeOf, serviceKey } from './claim.ts';
import type { EffectDeps, EffectOutcome, EffectRequest } from './effect-types.ts';
import { RetryableError } from '../../contracts/failures.ts';
import { failWith } from './failure.ts';
import { settle } from './settle.ts';

/**
 * Asks the Service what became of a write whose answer was lost. Undefined: the row has changed, decide again by it.
 * Throws `effect.undecided` while nobody can say.
 */
export const lookUp = async (
  deps: EffectDeps,
  request: EffectRequest,
  row: EffectRow,
): Promise<EffectOutcome | undefined> => {
  const { action, caller } = request;
  const { wired, does } = deps.implementation(row.plugin, action.name);
  const lookup = does.onDoubt === 'park' ? undefined : does.onDoubt.lookup;
  if (!lookup) throw failWith('effect.in-doubt', `${row.plugin} has no look-up for ${action.name}.`);
  const key = serviceKey(action.name, row.key, row.generation);
  const permit = await enterInDoubt(deps, wired, caller);
  const { call } = deps.openCall(wired, caller, { key, startedAt: performance.now() });
  const found = (await permit.run(() => lookup(row.input as never, call as never))) as
    'absent' | 'undecided' | { found: unknown };
  if (typeof found === 'object') {
    const output = parseOutput(action.output, found.found, action.name);
    const update: Parameters<typeof settle>[2]['update'] = (sql, columns) =>
      settleFound(sql, row.id, columns);
    const settled = await settle(deps, request, {
      input: row.input,
      plugin: row.plugin,
      output,
      via: 'look-up',
      update,
    });
    return settled ? outcomeOf(action, output) : undefined;
  }
  if (found === 'undecided') {
    await noteUndecided(deps.journal, row);
    throw undecided(row, `${row.plugin} cannot tell yet what became of ${action.name}`);
  }
  const { settleMs } = wired.limits;
  if (row.absentForMs !== undefined && row.absentForMs >= settleMs) {
    await failAbsent(deps.journal, row);
    return undefined;
  }
  await noteAbsent(deps.journal, row);
  const afterMs = settleMs - (row.absentForMs ?? 0) + 50;
  throw undecided(
    row,
    `${row.plugin} says that ${action.name} did not happen, and is asked once more`,
    afterMs,
  );
};

/** Keeps the code of what went wrong in the first place: that is what an operator looks for. */
const undecided = ({ lastFailure }: EffectRow, message: string, afterMs?: number): RetryableError =>
  new RetryableError(
    lastFailure?.code ?? 'effect.undecided',
    lastFailure ? `${lastFailure.message} Since then: ${message}.` : `${message}.`,
    { afterMs },
  );
