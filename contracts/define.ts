import type { z } from 'zod';
import type { Money } from './money.ts';

type Z = z.ZodType;

/** A length of time with its unit, such as `'30s'` or `'1h'`. */
export type Duration = `${number}${'ms' | 's' | 'm' | 'h' | 'd'}`;

/** What a call does to the world: `read` nothing; `notify` something whose duplicate is tolerable; `write` something that must happen once. */
export type Effect = 'read' | 'notify' | 'write';

/** The part of a purchase that a fact or a right is about: a whole order, or one line of it. */
export interface Subject {
  readonly order: string;
  readonly line?: string | undefined;
}

/**
 * What is, as somebody observed it: money due, money moved, or a grant. Unique by the Service that owns the record,
 * kind and reference, whoever saw it, so that one capture seen by two Services is one fact.
 */
export type Fact = Subject & { readonly service: string; readonly reference: string } & (
    | { readonly kind: 'due'; readonly money: Money }
    | {
        readonly kind: 'authorized' | 'captured' | 'refunded' | 'disputed';
        readonly state: 'pending' | 'succeeded' | 'failed' | 'canceled';
        readonly money: Money;
      }
    | { readonly kind: 'granted'; readonly state: 'held' | 'revoked' }
  );

/** What an Action promises, whoever implements it. Functions are methods, so that a concrete Action is assignable to `Action`. */
export interface Action<
  N extends string = string,
  I extends Z = Z,
  O extends Z = Z,
  E extends Effect = Effect,
> {
  readonly kind: 'action';
  readonly name: N;
  readonly effect: E;
  readonly input: I;
  readonly output: O;
  /** Writes of money or of a grant: once such an effect may exist, a flow parks instead of giving up. */
  readonly moves?: 'money' | 'grant';
  /** Reads by which a flow chooses its way: the first answer is kept with the next write, so that a Reset goes the same way. */
  readonly decides?: true;
  /** Writes: what makes two calls the same effect, whichever flow, run or operator asks. */
  key?(input: z.output<I>): string;
  /** Writes: the part of the input that may not differ between two calls of one key: ids and money, never times. Default: all of it. */
  same?(input: z.output<I>): unknown;
  /** Money or grants learnt from this call, whether it moved or only looked. `by` is the Service that answered. */
  facts?(input: z.output<I>, output: z.output<O>, by: string): readonly Fact[];
  /** Effects that this answer has undone: their rows become `reversed` when it settles. */
  reverses?(
    input: z.output<I>,
    output: z.output<O>,
  ): readonly { readonly action: string; readonly key: string }[];
  /** An answer that says that the effect did not happen after all: why. The row is `failed` then, and the flow parks. */
  notDone?(output: z.output<O>): string | undefined;
  /** Grants: the line that must be paid for, or free, at the moment of writing. */
  rightTo?(input: z.output<I>): Required<Subject>;
  /** Refunds: what goes back; never more than was captured and has not gone back yet. */
  takesBack?(input: z.output<I>): Subject & { readonly money: Money };
  /** The Service's own id in the answer: by it, webhooks find their flow. */
  reference?(output: z.output<O>): string | undefined;
  /** The order that the answer names, for the operator's eyes and for search. */
  order?(input: z.output<I>, output: z.output<O>): string | undefined;
}

/** An Internal Connection that only tells: every configured Receiver hears it, none can change or stop anything. */
export interface Signal<N extends string = string, P extends Z = Z> {
  readonly kind: 'signal';
  readonly name: N;
  readonly payload: P;
}
/** An Internal Connection that may change a value or stop the flow: Pipeline Steps in order, the same type in and out. */
export interface Filter<N extends string = string, V extends Z = Z> {
  readonly kind: 'filter';
  readonly name: N;
  readonly value: V;
}

/** A purchase flow, as its callers see it. */
export interface FlowContract<
  N extends string = string,
  Q extends Z = Z,
  I extends Z = Z,
  A extends Z = Z,
  R extends Z = Z,
  P extends Z = Z,
  M extends Record<string, Z> = Record<string, Z>,
  U extends readonly string[] = readonly string[],
  S extends readonly string[] = readonly string[],
  F extends readonly string[] = readonly string[],
> {
  readonly kind: 'flow';
  readonly name: N;
  /** Every Action that it calls: start-up cannot see inside a function, so the contract says it, and types hold the flow to it. */
  readonly uses: U;
  /** The Signals that it emits and the Filters that it asks, for the same reason. */
  readonly emits: S;
  readonly asks: F;
  /** What a caller sends; the API adds the rest of `input`: ids that it made, and who the caller is. */
  readonly request: Q;
  readonly input: I;
  /** What the caller who started the flow waits for. */
  readonly answer: A;
  readonly result: R;
  /** Deadlines and intervals that operators may set in the wiring file; every one has a default. */
  readonly policy: P;
  readonly messages: M;
  /** Who may start it over HTTP, and who may send which message. */
  readonly startedBy: readonly Role[];
  readonly sentBy: { readonly [K in keyof M]: readonly Role[] };
  /** What only one live flow may hold at a time; a second start is told which flow holds it. */
  claims?(input: z.output<I>): readonly string[];
}
/** `processor` stands for verified webhooks: nobody can send these messages over the flows API. */
export type Role = 'learner' | 'service' | 'operator' | 'processor';

/** Declares an Action: its wire name, its schemas, and what it promises. */
export const action = <const N extends string, I extends Z, O extends Z, const E extends Effect>(
  contract: Omit<Action<N, I, O, E>, 'kind'>,
): Action<N, I, O, E> => ({ kind: 'action', ...contract });

/** Declares a flow's contract. */
export const flow = <
  const N extends string,
  Q extends Z,
  I extends Z,
  A extends Z,
  R extends Z,
  P extends Z,
  M extends Record<string, Z>,
  const U extends readonly string[],
  const S extends readonly string[],
  const F extends readonly string[],
>(
  contract: Omit<FlowContract<N, Q, I, A, R, P, M, U, S, F>, 'kind'>,
): FlowContract<N, Q, I, A, R, P, M, U, S, F> => ({ kind: 'flow', ...contract });

/** Declares a Signal. */
export const signal = <const N extends string, P extends Z>(name: N, payload: P): Signal<N, P> => ({
  kind: 'signal',
  name,
  payload,
});

/** Declares a Filter. */
export const filter = <const N extends string, V extends Z>(name: N, value: V): Filter<N, V> => ({
  kind: 'filter',
  name,
  value,
});
