import type { z } from 'zod';
import type { Action, Duration, Filter, Signal } from '../../contracts/define.ts';
import type { ActionName, Actions, Filters, Flows, Signals } from '../../contracts/index.ts';
import type { ServiceHttp } from './http.ts';

type Z = z.ZodType;

/** What every call gets: the plugin's settings, the Service's guarded client, and the facts of this call. */
export interface Call<S> {
  readonly settings: S;
  readonly http: ServiceHttp;
  /** The same for every attempt, Reset and replay of this effect; send it to the Service as its idempotency key. Empty for reads. */
  readonly key: string;
  readonly attempt: number;
  /** Fires when the call must end: the attempt's time is over, or the flow no longer wants it. */
  readonly abort: AbortSignal;
  readonly log: Log;
  readonly flow: { readonly type: string; readonly id: string; readonly step: string };
  /** Keeps a value of this process for a while, such as an access token. Two calls at once load it once. */
  cached<T>(name: string, load: () => Promise<{ readonly value: T; readonly keepFor: Duration }>): Promise<T>;
  /** Forgets such a value, such as a token that the Service refused. */
  forget(name: string): void;
}
export interface Log {
  info(facts: object, text: string): void;
  warn(facts: object, text: string): void;
}

type Does<N extends ActionName, S, R> = (input: z.output<Actions[N]['input']>, call: Call<S>) => Promise<R>;
type Gives<N extends ActionName> = z.input<Actions[N]['output']>;

/**
 * What became of our key? `found` with the output that the lost answer would have carried; `absent` counts only when
 * it was said twice, a settle delay apart; `undecided`: ask again later.
 */
export type Lookup<N extends ActionName, S> = Does<
  N,
  S,
  { readonly found: Gives<N> } | 'absent' | 'undecided'
>;

/**
 * What is right when an answer was lost: `park`, repeat under the same key for as long as the Service honours it
 * (`repeatFor`), or look up. Never a look-up that lags behind writes, such as a search index.
 */
export type OnDoubt<N extends ActionName, S> =
  | 'park'
  | { readonly repeatFor: Duration; readonly lookup?: Lookup<N, S> }
  | { readonly lookup: Lookup<N, S> };

/** How a plugin does an Action. A write must say what is right in doubt. */
export type Implementation<N extends ActionName, S> = Actions[N]['effect'] extends 'write'
  ? { readonly run: Does<N, S, Gives<N>>; readonly onDoubt: OnDoubt<N, S> }
  : Does<N, S, Gives<N>>;

type MessageOf<F extends keyof Flows> = {
  [M in keyof Flows[F]['messages'] & string]: {
    /** The flow by its id, or by the Service's own reference that one of its effects answered. */
    readonly to: { readonly flow?: string; readonly reference?: string };
    readonly message: M;
    readonly data: Flows[F]['messages'][M] extends Z ? z.input<Flows[F]['messages'][M]> : never;
  };
}[keyof Flows[F]['messages'] & string];

/** What an incoming call says: a message for a flow, or nothing that we act on. `id` is the sender's event id. */
export type News = { readonly id: string } & (
  { [F in keyof Flows]: MessageOf<F> }[keyof Flows] | { readonly ignore: string }
);

/** An incoming call as it came in: signatures are over these bytes. */
export interface RawRequest {
  readonly body: Uint8Array;
  readonly headers: Readonly<Record<string, string | undefined>>;
  readonly query: URLSearchParams;
}

/** An Incoming API Resource: `POST /v1/incoming/{resource}`. */
export interface Incoming<S> {
  /** True only when the sender proved who they are. Must not throw. */
  verify(request: RawRequest, settings: S): boolean;
  /** Reads a verified call. Throws when it is not what the Service promises. */
  read(request: RawRequest, settings: S): readonly News[];
}

export interface ServicePlugin<S extends Z = Z> {
  readonly name: string;
  /** The Service behind the plugin: names its task queue, and its records in the facts. */
  readonly service: string;
  readonly settings: S;
  readonly contracts?: readonly (Action | Signal | Filter)[];
  readonly actions?: { readonly [N in ActionName]?: Implementation<N, z.output<S>> };
  /** Hears Signals. `call.key` is the same for every attempt at one Signal of one flow. */
  readonly receivers?: {
    readonly [N in keyof Signals]?: (
      payload: z.output<Signals[N]['payload']>,
      call: Call<z.output<S>>,
    ) => Promise<void>;
  };
  /** Pipeline Steps: change a Filter's value, or stop the flow with a reason. They write nothing. */
  readonly steps?: {
    readonly [N in keyof Filters]?: (
      value: z.output<Filters[N]['value']>,
      call: Call<z.output<S>>,
    ) => Promise<z.input<Filters[N]['value']> | { readonly halt: string }>;
  };
  readonly incoming?: { readonly [resource: string]: Incoming<z.output<S>> };
  readonly healthy?: (call: Pick<Call<z.output<S>>, 'settings' | 'http' | 'abort'>) => Promise<void>;
}

/** Declares a plugin for one or more Actions with a single Service. */
export const servicePlugin = <S extends Z>(plugin: ServicePlugin<S>): ServicePlugin<S> => plugin;
