import { randomUUID } from 'node:crypto';
import type { Action } from '../../contracts/define.ts';
import { millisecondsOf } from '../../contracts/duration.ts';
import type { EffectAfterFailure } from '../../contracts/errors.ts';
import type { WiredPlugin } from '../../config/wiring.ts';
import type { Journal, Sql } from '../../journal/connect.ts';
import { digestOf } from '../../journal/digest.ts';
import {
  type Claim,
  claimRepeat,
  type EffectRow,
  expireClaim,
  failAbsent,
  insertEffect,
  keepLateOutput,
  noteAbsent,
  noteUndecided,
  readEffect,
  reverseEffect,
  settleClaim,
  settleFailure,
  settleFound,
} from '../../journal/effects.ts';
import { appendEvent } from '../../journal/events.ts';
import { recordFacts } from '../../journal/facts.ts';
import { type Caller, type createCalls, parseOutput } from './call.ts';
import { failWith, readFailure } from './failure.ts';
import { checkRights } from './right.ts';
import { decide, type DoubtRules, type Purpose } from './transitions.ts';

/** A write as a plugin does it, with the types of the one Action erased: the contract's schemas stand for them. */
export interface WriteImplementation {
  readonly run: (input: never, call: never) => Promise<unknown>;
  readonly onDoubt:
    | 'park'
    | { readonly repeatFor?: string; readonly lookup?: (input: never, call: never) => Promise<unknown> };
}

export interface EffectDeps {
  readonly journal: Journal;
  readonly openCall: ReturnType<typeof createCalls>;
  /** The plugin of this name with its Implementation of the Action. Throws when this process has no such plugin. */
  readonly implementation: (
    plugin: string,
    action: string,
  ) => { wired: WiredPlugin; does: WriteImplementation };
}

export interface EffectRequest {
  readonly action: Action;
  readonly input: unknown;
  /** The plugin that the wiring names; an existing row's own plugin wins over it. */
  readonly plugin: string;
  readonly purpose: Purpose;
  readonly caller: Caller;
  /** The flow's learner status, recorded with the settle. */
  readonly status: string | undefined;
}

/** What became of the effect: its output, or the certainty that it never happens. */
export type EffectOutcome =
  { readonly happened: true; readonly output: unknown } | { readonly happened: false };

/** Thrown failures carry what is known of the row. */
export class EffectFailure extends Error {
  override readonly name = 'EffectFailure';
  readonly effect: EffectAfterFailure;
  constructor(effect: EffectAfterFailure, cause: unknown) {
    super(cause instanceof Error ? cause.message : String(cause), { cause });
    this.effect = effect;
  }
}

const rulesOf = ({ onDoubt }: WriteImplementation, settleMs: number): DoubtRules => ({
  repeatForMs:
    onDoubt === 'park' || onDoubt.repeatFor === undefined
      ? undefined
      : millisecondsOf(onDoubt.repeatFor as `${number}s`),
  canLookUp: onDoubt !== 'park' && onDoubt.lookup !== undefined,
  settleMs,
});

/** Runs one write exactly in the order that DESIGN 6 promises: decide by the row, claim, call, settle. */
export const createEffects = ({ journal, openCall, implementation }: EffectDeps) => {
  /** Everything that a settled answer changes, in one transaction with the row itself. */
  const settle = (
    request: EffectRequest,
    row: { readonly input: unknown; readonly plugin: string; readonly via: 'call' | 'look-up' },
    answer: {
      readonly output: unknown;
      readonly update: (sql: Sql, columns: SettledColumns) => Promise<boolean>;
    },
  ): Promise<boolean> =>
    journal.transaction(async (sql) => {
      const { action, caller } = request;
      const { service } = implementation(row.plugin, action.name).wired.plugin;
      const reference = action.reference?.(answer.output);
      const order = action.order?.(row.input, answer.output);
      if (!(await answer.update(sql, { output: answer.output, reference, order }))) return false;
      await recordFacts(sql, action.facts?.(row.input, answer.output, service) ?? [], {
        source: service,
        flow: caller.flow.id,
      });
      for (const undone of action.reverses?.(row.input, answer.output) ?? []) {
        await reverseEffect(sql, undone.action, undone.key);
      }
      if (reference !== undefined) {
        await sql.run(
          `UPDATE inbox SET due_at = NOW(6) WHERE state = 'waiting' AND service = ? AND reference = ?`,
          [service, reference],
        );
      }
      await appendEvent(sql, {
        flow: caller.flow.id,
        kind: row.via === 'call' ? 'done' : 'found',
        step: caller.flow.step,
        service,
        status: request.status,
        order,
        detail: { action: action.name, reference },
      });
      return true;
    });

  const callAndSettle = async (request: EffectRequest, claimed: ClaimedRow): Promise<EffectOutcome> => {
    const { action, caller } = request;
    const { wired, does } = implementation(claimed.plugin, action.name);
    const key = digestOf([action.name, action.key?.(claimed.input), claimed.generation]);
    const { call, http } = openCall(wired, caller, { key, startedAt: claimed.startedAt });
    let raw: unknown;
    let output: unknown;
    try {
      raw = await does.run(claimed.input as never, call as never);
      output = parseOutput(action.output, raw, action.name);
    } catch (error) {
      const failure = readFailure(error);
      const wrote = http.mayHaveWritten() ?? (raw !== undefined || failure.consequence === 'retry');
      // A repeat that is refused for certain says nothing about the call before it.
      const state = wrote || raw !== undefined || claimed.repeats ? 'unknown' : 'failed';
      await journal.transaction(async (sql) => {
        const ours = await settleFailure(sql, claimed, {
          state,
          code: failure.code,
          message: failure.message,
          raw,
        });
        if (!ours) return;
        await appendEvent(sql, {
          flow: caller.flow.id,
          kind: state,
          step: caller.flow.step,
          service: wired.plugin.service,
          detail: { action: action.name, code: failure.code, attempt: caller.attempt },
        });
      });
      throw new EffectFailure(state, error);
    }
    const settled = await settle(
      request,
      { input: claimed.input, plugin: claimed.plugin, via: 'call' },
      { output, update: (sql, columns) => settleClaim(sql, claimed, columns) },
    );
    if (settled) return { happened: true, output };
    await keepLateOutput(journal, claimed.id, output);
    throw failWith(
      'effect.lease-lost',
      `The answer of ${action.name} came after its lease had ended; it is kept beside the row.`,
    );
  };

  const claim = async (
    request: EffectRequest,
    asked: Asked,
    generation: number,
  ): Promise<EffectOutcome | undefined> => {
    const { action, caller, input } = request;
    const { wired } = implementation(request.plugin, action.name);
    const token = randomUUID();
    const startedAt = performance.now();
    const id = await journal.transaction(async (sql) => {
      await checkRights(sql, action, input, asked.key);
      return insertEffect(sql, claimOf(request, asked, { generation, service: wired.plugin.service }), {
        claimed: { token, ms: wired.limits.leaseMs },
      });
    });
    if (id === undefined) return undefined; // Somebody else claimed it first: decide again by their row.
    return callAndSettle(
      { ...request, caller },
      { id, token, generation, plugin: request.plugin, input, startedAt, repeats: false },
    );
  };

  const repeat = async (request: EffectRequest, row: EffectRow): Promise<EffectOutcome | undefined> => {
    const { wired } = implementation(row.plugin, request.action.name);
    const token = randomUUID();
    const startedAt = performance.now();
    if (!(await claimRepeat(journal, row, { token, ms: wired.limits.leaseMs }))) return undefined;
    const { id, generation, plugin, input } = row;
    return callAndSettle(request, { id, token, generation, plugin, input, startedAt, repeats: true });
  };

  const lookUp = async (request: EffectRequest, row: EffectRow): Promise<EffectOutcome | undefined> => {
    const { action, caller } = request;
    const { wired, does } = implementation(row.plugin, action.name);
    const lookup = does.onDoubt === 'park' ? undefined : does.onDoubt.lookup;
    if (!lookup) throw failWith('effect.in-doubt', `${row.plugin} has no look-up for ${action.name}.`);
    const key = digestOf([action.name, row.key, row.generation]);
    const { call } = openCall(wired, caller, { key, startedAt: performance.now() });
    const found = (await lookup(row.input as never, call as never)) as
      'absent' | 'undecided' | { found: unknown };
    if (typeof found === 'object') {
      const output = parseOutput(action.output, found.found, action.name);
      const settled = await settle(
        request,
        { input: row.input, plugin: row.plugin, via: 'look-up' },
        { output, update: (sql, columns) => settleFound(sql, row.id, columns) },
      );
      return settled ? { happened: true, output } : undefined;
    }
    if (found === 'undecided') {
      await noteUndecided(journal, row);
      throw failWith('effect.undecided', `${row.plugin} cannot tell yet what became of ${action.name}.`);
    }
    if (row.absentForMs !== undefined && row.absentForMs >= wired.limits.settleMs) {
      await failAbsent(journal, row);
      return undefined;
    }
    await noteAbsent(journal, row);
    throw failWith(
      'effect.undecided',
      `${row.plugin} says that ${action.name} did not happen; it is asked once more.`,
      {
        afterMs: wired.limits.settleMs - (row.absentForMs ?? 0) + 50,
      },
    );
  };

  const step = async (
    request: EffectRequest,
    asked: Asked,
    row: EffectRow | undefined,
  ): Promise<EffectOutcome | undefined> => {
    const { wired, does } = implementation(row?.plugin ?? request.plugin, request.action.name);
    const decision = decide(
      row,
      { purpose: request.purpose, digest: asked.digest },
      rulesOf(does, wired.limits.settleMs),
    );
    switch (decision.do) {
      case 'claim':
        return claim(request, asked, decision.generation);
      case 'fence': {
        const fenced = claimOf(request, asked, {
          generation: decision.generation,
          service: wired.plugin.service,
        });
        return (await insertEffect(journal, fenced, 'fenced')) === undefined
          ? undefined
          : { happened: false };
      }
      case 'repeat':
        return row && repeat(request, row);
      case 'look-up':
        return row && lookUp(request, row);
      case 'expire':
        if (row) await expireClaim(journal, row.id);
        return undefined;
      case 'answer':
        return {
          happened: true,
          output: parseOutput(request.action.output, row?.output, request.action.name),
        };
      case 'never':
        return { happened: false };
      case 'wait':
        throw failWith('effect.busy', `${request.action.name} is being done by another worker.`, {
          afterMs: decision.ms + 50,
        });
      case 'refuse':
        throw failWith(decision.code, refusal(decision.code, request.action.name, asked.key));
    }
  };

  /** Answers what became of the effect; throws EffectFailure or one of our errors when nobody can say yet. */
  return async (request: EffectRequest): Promise<EffectOutcome> => {
    const { action, input } = request;
    if (!action.key) throw new Error(`The contract of ${action.name} is a write without a key.`);
    const asked: Asked = {
      key: action.key(input),
      digest: digestOf(action.same ? action.same(input) : input),
    };
    // The common case first: nobody asked for it before, and the insert itself says so.
    const fresh = request.purpose === 'call' && request.caller.attempt === 1;
    let row = fresh ? undefined : await readEffect(journal, action.name, asked.key);
    for (let turn = 0; turn < 8; turn++) {
      const outcome = await step(request, asked, row);
      if (outcome) return outcome;
      row = await readEffect(journal, action.name, asked.key);
    }
    throw failWith('effect.busy', `${action.name} changed hands too often; it is tried again.`);
  };
};

interface ClaimedRow {
  readonly id: number;
  readonly token: string;
  readonly generation: number;
  readonly plugin: string;
  readonly input: unknown;
  readonly startedAt: number;
  /** Whether the Service was called under this key before, and that answer was lost. */
  readonly repeats: boolean;
}
interface Asked {
  readonly key: string;
  readonly digest: string;
}
interface SettledColumns {
  readonly output: unknown;
  readonly reference: string | undefined;
  readonly order: string | undefined;
}

const claimOf = (
  { action, input, plugin, caller }: EffectRequest,
  asked: Asked,
  { generation, service }: { generation: number; service: string },
): Claim => {
  const refund = action.takesBack?.(input);
  const grant = action.rightTo?.(input);
  return {
    action: action.name,
    key: asked.key,
    generation,
    plugin,
    service,
    moves: action.moves,
    digest: asked.digest,
    input,
    order: refund?.order ?? grant?.order ?? orderBefore(action, input),
    line: refund?.line ?? grant?.line,
    money: refund?.money,
    flow: caller.flow,
  };
};

/** The order as far as the input alone names it; an answer may name it later. */
const orderBefore = (action: Action, input: unknown): string | undefined => {
  try {
    return action.order?.(input, {});
  } catch {
    return undefined;
  }
};

const refusal = (code: string, action: string, key: string): string => {
  switch (code) {
    case 'effect.input-changed':
      return `${action} for ${key} was asked for before, with other ids or money. The first one counts.`;
    case 'effect.in-doubt':
      return `Nobody can tell whether ${action} for ${key} happened, and its Service no longer honours the key. A person must look.`;
    case 'effect.reversed':
      return `${action} for ${key} was undone, and is not done again.`;
    default:
      return `It was decided that ${action} for ${key} never happens.`;
  }
};
