import type { Action } from '../../contracts/define.ts';
import type { EffectAfterFailure } from '../../contracts/failures.ts';
import type { WiredPlugin } from '../../config/wiring.ts';
import type { Journal } from '../../journal/connect.ts';
import type { Guard } from '../guard/guard.ts';
import type { Caller, createCalls } from './call.ts';
import type { Purpose } from './transitions.ts';

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
  readonly guard: Guard;
  /** The plugin of this name with its Implementation of the Action. Throws when this process has no such plugin. */
  readonly implementation: (
    plugin: string,
    action: string,
  ) => { readonly wired: WiredPlugin; readonly does: WriteImplementation };
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
  /** What the flow decided by so far; kept with the claim. */
  readonly decisions: Readonly<Record<string, unknown>> | undefined;
}

/** What the request is about, as the rows know it. */
export interface Asked {
  readonly key: string;
  readonly digest: string;
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
