import type { z } from 'zod';
import * as contracts from '../../contracts/all.ts';
import type { Action, Duration } from '../../contracts/define.ts';
import { millisecondsOf } from '../../contracts/duration.ts';
import type { ActionName, In, Out } from '../../contracts/index.ts';
import { createHttp, type GuardedHttp } from './http.ts';
import type { Call, ServicePlugin } from './plugin.ts';

type Z = z.ZodType;

/** A call built by hand, with what the host alone sees of it: whether a write may have arrived, and what was logged. */
export interface TestCall<S> extends Call<S> {
  readonly http: GuardedHttp;
  readonly logged: { readonly level: 'info' | 'warn'; readonly facts: object; readonly text: string }[];
}

export interface CallOptions {
  /** Default: empty, as for reads. */
  readonly key?: string;
  readonly attempt?: number;
  /** How long one request may take. Default: 2000. */
  readonly timeoutMs?: number;
  /** A reading of `performance.now()` after which nothing is sent. Default: a minute from now. */
  readonly deadline?: number;
  readonly flow?: Partial<Call<unknown>['flow']>;
  /** Calls that share this share what a process keeps, such as access tokens. Default: an empty one. */
  readonly kept?: Map<string, Promise<unknown>>;
}

/** What the host would give one call of the plugin. The settings are parsed by the plugin's own schema. */
export const callFor = <S extends Z>(
  plugin: ServicePlugin<S>,
  settings: z.input<S>,
  {
    key = '',
    attempt = 1,
    timeoutMs = 2_000,
    deadline = performance.now() + 60_000,
    flow = {},
    kept = new Map(),
  }: CallOptions = {},
): TestCall<z.output<S>> => {
  const abort = new AbortController().signal;
  const logged: TestCall<unknown>['logged'] = [];
  const cached = async <T>(
    name: string,
    load: () => Promise<{ readonly value: T; readonly keepFor: Duration }>,
  ): Promise<T> => {
    if (!kept.has(name)) {
      const loading = load();
      kept.set(name, loading);
      loading.then(
        ({ keepFor }) => setTimeout(() => kept.delete(name), millisecondsOf(keepFor)).unref(),
        () => kept.delete(name),
      );
    }
    const { value } = (await kept.get(name)) as { readonly value: T };
    return value;
  };
  return {
    settings: plugin.settings.parse(settings),
    http: createHttp({ timeoutMs, deadline, abort }),
    key,
    attempt,
    abort,
    logged,
    log: {
      info: (facts, text) => logged.push({ level: 'info', facts, text }),
      warn: (facts, text) => logged.push({ level: 'warn', facts, text }),
    },
    flow: { type: 'purchase', id: 'purchase:test', step: 'test', ...flow },
    cached,
    forget: (name) => void kept.delete(name),
  };
};

type Does = (input: unknown, call: Call<unknown>) => Promise<unknown>;
type Looks = (
  input: unknown,
  call: Call<unknown>,
) => Promise<{ readonly found: unknown } | 'absent' | 'undecided'>;
interface Write {
  readonly run: Does;
  readonly onDoubt: 'park' | { readonly repeatFor?: Duration; readonly lookup?: Looks };
}

/** The contract by its name: ours, or the plugin's own. */
const contractOf = (plugin: ServicePlugin, name: string): Action => {
  const known: readonly { readonly kind: string; readonly name: string }[] = [
    ...Object.values(contracts),
    ...(plugin.contracts ?? []),
  ];
  const found = known.find((contract) => contract.kind === 'action' && contract.name === name);
  if (!found) {
    throw new Error(
      `No contract is called '${name}'. See contracts/actions, and \`contracts\` of plugin '${plugin.name}'.`,
    );
  }
  return found as Action;
};

// The conditional type of an Implementation cannot be followed for a name that is still a type parameter.
const implementationOf = (plugin: ServicePlugin, name: ActionName): Does | Write => {
  const found = plugin.actions?.[name] as unknown as Does | Write | undefined;
  if (!found) {
    throw new Error(
      `Plugin '${plugin.name}' does not implement '${name}', only: ${Object.keys(plugin.actions ?? {}).join(', ')}.`,
    );
  }
  return found;
};

/** An Action as the plugin does it, called as the host would: input and output go through the contract. */
export interface TestedAction<N extends ActionName, S> {
  run(input: In<N>, call: Call<S>): Promise<Out<N>>;
  /** Asks the look-up of a write what became of the call's key. */
  lookUp(input: In<N>, call: Call<S>): Promise<{ readonly found: Out<N> } | 'absent' | 'undecided'>;
}

/** Throws where the plugin does not implement the Action. */
export const actionOf = <N extends ActionName, S extends Z>(
  plugin: ServicePlugin<S>,
  name: N,
): TestedAction<N, z.output<S>> => {
  const contract = contractOf(plugin, name);
  const found = implementationOf(plugin, name);
  const does = typeof found === 'function' ? found : found.run;
  const look = typeof found === 'function' || found.onDoubt === 'park' ? undefined : found.onDoubt.lookup;
  return {
    run: async (input, call) =>
      contract.output.parse(await does(contract.input.parse(input), call)) as Out<N>,
    async lookUp(input, call) {
      if (!look) throw new Error(`Plugin '${plugin.name}' has no look-up for '${name}'.`);
      const seen = await look(contract.input.parse(input), call);
      return typeof seen === 'string' ? seen : { found: contract.output.parse(seen.found) as Out<N> };
    },
  };
};

/** What the plugin does with a write in doubt; undefined for reads. */
export const doubtOf = (plugin: ServicePlugin, name: ActionName): Write['onDoubt'] | undefined => {
  const found = implementationOf(plugin, name);
  return typeof found === 'function' ? undefined : found.onDoubt;
};

/** The error that a call is expected to end with. Throws where it answered instead. */
export const failureOf = async (does: Promise<unknown>): Promise<Error> => {
  const answer: unknown = await does.catch((error: unknown) => error);
  if (answer instanceof Error) return answer;
  throw new Error(`Expected an error, and got the answer ${JSON.stringify(answer)}.`);
};
