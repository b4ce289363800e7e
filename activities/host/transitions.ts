import type { EffectRow } from '../../journal/effects.ts';

/** What is asked of an effect: make it happen, or make sure that it never does. */
export type Purpose = 'call' | 'fence';

/** What the Implementation allows in doubt. */
export interface DoubtRules {
  /** How long the Service honours our key; undefined: not at all. */
  readonly repeatForMs: number | undefined;
  readonly canLookUp: boolean;
}

export type Decision =
  /** Claim this generation, then call the Service. */
  | { readonly do: 'claim'; readonly generation: number }
  /** Claim the row again and call under the same key. */
  | { readonly do: 'repeat' }
  | { readonly do: 'look-up' }
  /** The claim's lease has ended: mark the row unknown, and decide again. */
  | { readonly do: 'expire' }
  /** Somebody else holds a live claim: come back after it. */
  | { readonly do: 'wait'; readonly ms: number }
  /** Answer the stored output. */
  | { readonly do: 'answer' }
  /** Insert this generation as fenced: no late attempt may call any more. */
  | { readonly do: 'fence'; readonly generation: number }
  /** It never happened and never will, or it was undone already. */
  | { readonly do: 'never' }
  | {
      readonly do: 'refuse';
      readonly code: 'effect.input-changed' | 'effect.in-doubt' | 'effect.reversed' | 'effect.fenced';
    };

/**
 * The effect's state machine: one row's state, the purpose and the doubt rules give what to do next. Pure, so that the
 * whole table can be tested; every action that follows is guarded by the state it starts from.
 *
 * | state   | call                                 | fence                        |
 * |---------|--------------------------------------|------------------------------|
 * | no row  | claim generation 1                   | fence generation 1           |
 * | claimed | wait for the lease, then expire      | the same                     |
 * | unknown | repeat, look up or park              | look up, else repeat or park |
 * | failed  | claim the next generation            | fence the next generation    |
 * | done    | answer, if ids and money are equal   | answer                       |
 * | reversed| refuse                               | never                        |
 * | fenced  | refuse                               | never                        |
 */
export const decide = (
  row: EffectRow | undefined,
  asked: { readonly purpose: Purpose; readonly digest: string },
  rules: DoubtRules,
): Decision => {
  const calling = asked.purpose === 'call';
  if (!row) return calling ? { do: 'claim', generation: 1 } : { do: 'fence', generation: 1 };
  const sameInput = !calling || row.digest === asked.digest;
  switch (row.state) {
    case 'claimed':
      return row.leaseLeftMs > 0 ? { do: 'wait', ms: row.leaseLeftMs } : { do: 'expire' };
    case 'unknown':
      return sameInput ? inDoubt(row, asked.purpose, rules) : { do: 'refuse', code: 'effect.input-changed' };
    case 'failed':
      return { do: calling ? 'claim' : 'fence', generation: row.generation + 1 };
    case 'done':
      return sameInput ? { do: 'answer' } : { do: 'refuse', code: 'effect.input-changed' };
    case 'reversed':
      return calling ? { do: 'refuse', code: 'effect.reversed' } : { do: 'never' };
    case 'fenced':
      return calling ? { do: 'refuse', code: 'effect.fenced' } : { do: 'never' };
  }
};

/**
 * A call repeats once under its key while the Service honours it, then looks up: a 500 that the Service stored under the
 * key would otherwise come back for ever. A fence looks first: it would rather not do what it is about to undo.
 */
const inDoubt = (row: EffectRow, purpose: Purpose, rules: DoubtRules): Decision => {
  const mayRepeat = rules.repeatForMs !== undefined && row.calledForMs < rules.repeatForMs;
  const lookFirst = rules.canLookUp && (purpose === 'fence' || row.repeats > 0 || !mayRepeat);
  if (lookFirst) return { do: 'look-up' };
  return mayRepeat ? { do: 'repeat' } : { do: 'refuse', code: 'effect.in-doubt' };
};
