import { millisecondsOf } from '../../contracts/duration.ts';
import { type EffectRow, expireClaim, insertEffect, readEffect } from '../../journal/effects.ts';
import { digestOf } from '../../journal/digest.ts';
import { parseOutput } from './call.ts';
import { claimAndCall, claimOf, repeatCall } from './claim.ts';
import { lookUp } from './doubt.ts';
import type { Asked, EffectDeps, EffectOutcome, EffectRequest, WriteImplementation } from './effect-types.ts';
import { failWith } from './failure.ts';
import { decide, type Decision, type DoubtRules } from './transitions.ts';

/**
 * Runs one write exactly in the order that DESIGN 6 promises: decide by the row, claim, call, settle. Answers what
 * became of the effect; throws EffectFailure, or one of our errors, while nobody can say.
 */
export const runEffect = async (deps: EffectDeps, request: EffectRequest): Promise<EffectOutcome> => {
  const { action, input, purpose, caller } = request;
  if (!action.key) throw new Error(`The contract of ${action.name} is a write without a key.`);
  const asked: Asked = { key: action.key(input), digest: digestOf(action.same ? action.same(input) : input) };
  const read = (): Promise<EffectRow | undefined> => readEffect(deps.journal, action.name, asked.key);
  // The common case first: nobody asked for it before, and the insert itself says so. Not where a claim needs a right:
  // what was granted or given back long ago is answered, whatever its right would be today.
  const isFresh = purpose === 'call' && caller.attempt === 1 && !action.rightTo && !action.takesBack;
  let row = isFresh ? undefined : await read();
  for (let turn = 0; turn < 8; turn++) {
    const outcome = await takeTurn(deps, request, { asked, row });
    if (outcome) return outcome;
    row = await read();
  }
  throw failWith('effect.busy', `${action.name} changed hands too often; it is tried again.`);
};

const rulesOf = ({ onDoubt }: WriteImplementation): DoubtRules => ({
  repeatForMs:
    onDoubt === 'park' || onDoubt.repeatFor === undefined
      ? undefined
      : millisecondsOf(onDoubt.repeatFor as `${number}s`),
  canLookUp: onDoubt !== 'park' && onDoubt.lookup !== undefined,
});

/** One decision and what follows from it. Undefined: the row has changed, decide again by it. */
const takeTurn = async (
  deps: EffectDeps,
  request: EffectRequest,
  { asked, row }: { readonly asked: Asked; readonly row: EffectRow | undefined },
): Promise<EffectOutcome | undefined> => {
  const { action, purpose } = request;
  const { does } = deps.implementation(row?.plugin ?? request.plugin, action.name);
  const decision = decide(row, { purpose, digest: asked.digest }, rulesOf(does));
  switch (decision.do) {
    case 'claim':
      return claimAndCall(deps, request, { ...asked, generation: decision.generation });
    case 'fence': {
      const fenced = claimOf(deps, request, { ...asked, generation: decision.generation });
      return (await insertEffect(deps.journal, fenced, 'fenced')) === undefined
        ? undefined
        : { happened: false };
    }
    case 'repeat':
      return row && repeatCall(deps, request, row);
    case 'look-up':
      return row && lookUp(deps, request, row);
    case 'expire':
      if (row) await expireClaim(deps.journal, row.id);
      return undefined;
    case 'answer':
      return { happened: true, output: parseOutput(action.output, row?.output, action.name) };
    case 'never':
      return { happened: false };
    case 'wait':
      throw failWith('effect.busy', `${action.name} is being done by another worker.`, {
        afterMs: decision.ms + 50,
      });
    case 'refuse':
      throw failWith(decision.code, refusal(decision.code, action.name, asked.key));
  }
};

const refusal = (code: Extract<Decision, { do: 'refuse' }>['code'], action: string, key: string): string => {
  switch (code) {
    case 'effect.input-changed':
      return `${action} for ${key} was asked for before, with other ids or money. The first one counts.`;
    case 'effect.in-doubt':
      return `Nobody can tell whether ${action} for ${key} happened, and its Service no longer honours the key. A person must look.`;
    case 'effect.reversed':
      return `${action} for ${key} was undone, and is not done again.`;
    case 'effect.fenced':
      return `It was decided that ${action} for ${key} never happens.`;
  }
};
