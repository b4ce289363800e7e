import type { z } from 'zod';
import type * as all from './all.ts';

type OfKind<M, K extends string> = {
  readonly [
    X in keyof M as M[X] extends { readonly kind: K; readonly name: infer N extends string } ? N : never
  ]: M[X];
};

/** Every Action by its wire name. A plugin outside the repository adds its own by declaration merging. */
export interface Actions extends OfKind<typeof all, 'action'> {}
/** Every flow by its wire name. */
export interface Flows extends OfKind<typeof all, 'flow'> {}
/** Every Signal by its wire name. */
export interface Signals extends OfKind<typeof all, 'signal'> {}
/** Every Filter by its wire name. */
export interface Filters extends OfKind<typeof all, 'filter'> {}

export type ActionName = keyof Actions & string;
export type FlowName = keyof Flows & string;
/** What an Action takes, as a caller writes it. */
export type In<N extends ActionName> = z.input<Actions[N]['input']>;
/** What an Action answers. */
export type Out<N extends ActionName> = z.output<Actions[N]['output']>;
