import { randomUUID } from 'node:crypto';
import type { Action } from '../../contracts/define.ts';
import { digestOf } from '../../journal/digest.ts';
import {
  type Claim,
  claimRepeat,
  type EffectRow,
  insertEffect,
  keepLateOutput,
  readEffect,
  settleClaim,
  settleFailure,
} from '../../journal/effects.ts';
import { appendEvent } from '../../journal/events.ts';
import type { WiredPlugin } from '../../config/wiring.ts';
import { entryOf } from '../guard/entry.ts';
import type { Permit } from '../guard/guard.ts';
import { type Caller, parseOutput } from './call.ts';
import {
  type Asked,
  type EffectDeps,
  EffectFailure,
  type EffectOutcome,
  type EffectRequest,
} from './effect-types.ts';
import { failWith, readFailure } from './failure.ts';
import { checkRights } from './right.ts';
import { settle } from './settle.ts';

interface ClaimedRow {
  readonly id: number;
  readonly token: string;
  readonly generation: number;
  readonly plugin: string;
  readonly input: unknown;
  /** On the monotonic clock, before the claim was written: the lease ends no sooner than counted from here. */
  readonly startedAt: number;
  /** The call's place at the Service. */
  readonly permit: Permit;
  /** Whether the Service was called under this key before, and that answer was lost. */
  readonly repeats: boolean;
}

/** The key that is sent to the Service: the same for every attempt at this generation of the effect. */
export const serviceKey = (action: string, key: string, generation: number): string =>
  digestOf([action, key, generation]);

/** What a new row says. */
export const claimOf = (
  deps: EffectDeps,
  request: EffectRequest,
  at: Asked & { readonly generation: number },
): Claim => {
  const { action, input, plugin, caller, decisions } = request;
  const refund = action.takesBack?.(input);
  const grant = action.rightTo?.(input);
  return {
    action: action.name,
    key: at.key,
    generation: at.generation,
    plugin,
    service: deps.implementation(plugin, action.name).wired.plugin.service,
    moves: action.moves,
    digest: at.digest,
    input,
    order: refund?.order ?? grant?.order ?? orderInInput(action, input),
    line: refund?.line ?? grant?.line,
    money: refund?.money,
    flow: caller.flow,
    decisions,
  };
};

/** The order as far as the input alone names it; the answer may name it later. */
const orderInInput = (action: Action, input: unknown): string | undefined => {
  try {
    return action.order?.(input, {});
  } catch {
    return undefined;
  }
};

/** Asks the guard while a write is in doubt: a refusal leaves it so. */
export const enterInDoubt = ({ guard }: EffectDeps, wired: WiredPlugin, caller: Caller): Promise<Permit> =>
  guard.enter(entryOf(wired, caller)).catch((refusal: unknown) => {
    throw new EffectFailure('unknown', refusal);
  });

/** Asks the guard before a claim: a refusal touches no row. Undefined when there is one already, which needs no call. */
const enterToClaim = async (
  deps: EffectDeps,
  { action, plugin, caller }: EffectRequest,
  { key, generation }: { readonly key: string; readonly generation: number },
): Promise<Permit | undefined> => {
  const { wired } = deps.implementation(plugin, action.name);
  try {
    return await deps.guard.enter(entryOf(wired, caller));
  } catch (refusal) {
    // A first attempt has not read it: what was done before is answered without the Service.
    const row = await readEffect(deps.journal, action.name, key);
    if (row && row.generation >= generation) return undefined;
    throw new EffectFailure('none', refusal);
  }
};

/** Claims a new generation and calls. Undefined when somebody else claimed it first. */
export const claimAndCall = async (
  deps: EffectDeps,
  request: EffectRequest,
  at: Asked & { readonly generation: number },
): Promise<EffectOutcome | undefined> => {
  const { action, input, plugin } = request;
  const { wired } = deps.implementation(plugin, action.name);
  const permit = await enterToClaim(deps, request, at);
  if (!permit) return undefined;
  try {
    const token = randomUUID();
    const startedAt = performance.now();
    const id = await deps.journal.transaction(async (sql) => {
      await checkRights(sql, { action, input, key: at.key });
      return insertEffect(sql, claimOf(deps, request, at), { claimed: { token, ms: wired.limits.leaseMs } });
    });
    if (id === undefined) return undefined;
    const { generation } = at;
    const claimed = { id, token, generation, plugin, input, startedAt, permit, repeats: false };
    return await callAndSettle(deps, request, claimed);
  } finally {
    permit.leave();
  }
};

/** Calls once more under the same key, as the row's first caller did. Undefined when somebody else took it. */
export const repeatCall = async (
  deps: EffectDeps,
  request: EffectRequest,
  row: EffectRow,
): Promise<EffectOutcome | undefined> => {
  const { id, generation, plugin, input } = row;
  const { wired } = deps.implementation(plugin, request.action.name);
  const permit = await enterInDoubt(deps, wired, request.caller);
  try {
    const token = randomUUID();
    const startedAt = performance.now();
    if (!(await claimRepeat(deps.journal, row, { token, ms: wired.limits.leaseMs }))) return undefined;
    const claimed = { id, token, generation, plugin, input, startedAt, permit, repeats: true };
    return await callAndSettle(deps, request, claimed);
  } finally {
    permit.leave();
  }
};

/** Calls the Service with a claim in hand, and writes down what came of it. */
const callAndSettle = async (
  deps: EffectDeps,
  request: EffectRequest,
  claimed: ClaimedRow,
): Promise<EffectOutcome> => {
  const { action } = request;
  const output = await callClaimed(deps, request, claimed);
  const settled = await settle(deps, request, {
    ...claimed,
    output,
    via: 'call',
    update: (sql, columns) => settleClaim(sql, claimed, columns),
  });
  if (settled) return outcomeOf(action, output);
  await keepLateOutput(deps.journal, claimed.id, output);
  throw failWith(
    'effect.lease-lost',
    `The answer of ${action.name} came after its lease had ended; it is kept beside the row.`,
  );
};

/** What a settled answer means; throws where it says that nothing happened. */
export const outcomeOf = (action: Action, output: unknown): EffectOutcome => {
  const why = action.notDone?.(output);
  if (why === undefined) return { happened: true, output };
  throw new EffectFailure('failed', failWith('effect.not-done', why));
};

const callClaimed = async (
  deps: EffectDeps,
  request: EffectRequest,
  claimed: ClaimedRow,
): Promise<unknown> => {
  const { action, caller } = request;
  const { wired, does } = deps.implementation(claimed.plugin, action.name);
  const key = serviceKey(action.name, action.key?.(claimed.input) ?? '', claimed.generation);
  const { call, http } = deps.openCall(wired, caller, { key, startedAt: claimed.startedAt });
  let raw: unknown;
  try {
    raw = await claimed.permit.run(() => does.run(claimed.input as never, call as never));
    return parseOutput(action.output, raw, action.name);
  } catch (error) {
    const failure = readFailure(error);
    // Where the plugin did not use our client, only an error that it threw on purpose says that nothing happened.
    const wrote = raw !== undefined || (http.mayHaveWritten() ?? failure.consequence === 'retry');
    // A repeat that is refused for certain says nothing about the call before it.
    const state = wrote || claimed.repeats ? 'unknown' : 'failed';
    await deps.journal.transaction(async (sql) => {
      const { code, message } = failure;
      const ours = await settleFailure(sql, claimed, { state, code, message, raw });
      await appendEvent(sql, {
        flow: caller.flow.id,
        // After its lease it is only a line of the story: somebody else decides by the row now.
        kind: ours ? state : 'late',
        step: caller.flow.step,
        service: wired.plugin.service,
        detail: { action: action.name, code, attempt: caller.attempt },
      });
    });
    throw new EffectFailure(state, error);
  }
};
