import type { Action } from '../../contracts/define.ts';
import { ParkError } from '../../contracts/failures.ts';
import type { Wiring, WiredPlugin } from '../../config/wiring.ts';
import type { Journal } from '../../journal/connect.ts';
import { appendEvent } from '../../journal/events.ts';
import type { Log } from '../../plugins/sdk/plugin.ts';
import { createGuard, type Guard } from '../guard/guard.ts';
import { assumeOutput } from './assume.ts';
import { type Caller, createCalls } from './call.ts';
import { runEffect } from './effect.ts';
import type { EffectDeps, EffectOutcome, WriteImplementation } from './effect-types.ts';
import { pipe, receive } from './connect.ts';
import { failWith } from './failure.ts';
import { look } from './look.ts';
import type { Purpose } from './transitions.ts';

/** The host's first question; made apart, because it watches the journal and is stopped with the process. */
export { createGuard };

/** How a flow asks for an Action: the plugin that its wiring snapshot names, and its learner status for the journal. */
export interface StepMeta {
  readonly plugin: string;
  readonly status?: string | undefined;
  readonly decisions?: Readonly<Record<string, unknown>> | undefined;
  /** Inputs that an operator corrected: the effects under their keys must never happen. */
  readonly replaces?: readonly unknown[] | undefined;
}
/** Where a call comes from. */
export interface StepContext {
  readonly meta: StepMeta;
  readonly caller: Caller;
}

export interface Host {
  /** Runs one Action. Answers the contract's output. */
  run(action: string, input: unknown, at: StepContext): Promise<unknown>;
  /** Makes sure that a write never happens from now on, or answers what it did. */
  fence(action: string, input: unknown, at: StepContext): Promise<EffectOutcome>;
  /** Goes on with an output that an operator names; for money and grants only where the Service confirms it. */
  assume(action: string, input: unknown, at: StepContext & { readonly assumed: unknown }): Promise<unknown>;
  /** Runs a plugin's Receiver of a Signal. */
  receive(signal: string, payload: unknown, at: StepContext): Promise<void>;
  /** Runs a plugin's Pipeline Step of a Filter. */
  pipe(
    filter: string,
    value: unknown,
    at: StepContext,
  ): Promise<{ readonly value: unknown } | { readonly halt: string }>;
  /** Runs a read for the API, by today's wiring. */
  read(action: string, input: unknown): Promise<unknown>;
}

export interface HostDeps {
  readonly journal: Journal;
  readonly wiring: Wiring;
  readonly log: Log;
  /** Asked before each call of a Service. Default: lets all through, for a host that is tested alone. */
  readonly guard: Guard;
}

/** Runs plugins' Implementations: validated, guarded, and written down. */
export const createHost = ({ journal, wiring, log, guard }: HostDeps): Host => {
  const openCall = createCalls(log);
  const deps: EffectDeps = { journal, openCall, guard, implementation: implementations(wiring) };
  const contract = (name: string): Action => {
    const action = wiring.contracts.get(name);
    if (!action) throw new Error(`No contract declares an Action '${name}'.`);
    return action;
  };
  const write = (
    action: Action,
    input: unknown,
    { meta, caller, purpose }: StepContext & { purpose: Purpose },
  ) =>
    runEffect(deps, {
      action,
      input: parseInput(action, input),
      plugin: meta.plugin,
      status: meta.status,
      decisions: meta.decisions,
      purpose,
      caller,
    });
  const read = (action: Action, input: unknown, { plugin, caller }: { plugin: string; caller: Caller }) =>
    look(deps, { action, input: parseInput(action, input), plugin, caller });
  return {
    async run(name, input, { meta, caller }) {
      const action = contract(name);
      if (action.effect === 'write') {
        for (const replaced of otherKeys(action, input, meta.replaces)) {
          const before = await write(action, replaced, { meta, caller, purpose: 'fence' });
          if (before.happened) return before.output;
        }
        const outcome = await write(action, input, { meta, caller, purpose: 'call' });
        if (outcome.happened) return outcome.output;
        throw failWith('effect.fenced', `It was decided that ${name} never happens.`);
      }
      const { output, service } = await read(action, input, { plugin: meta.plugin, caller });
      if (action.effect === 'notify') await noteNotice({ journal, log }, { name, service, caller });
      return output;
    },
    assume: (name, input, { meta, caller, assumed }) =>
      assumeOutput(deps, {
        action: contract(name),
        input: parseInput(contract(name), input),
        meta,
        caller,
        assumed,
      }),
    receive: (name, payload, { meta, caller }) =>
      receive(deps, wiring, { name, plugin: meta.plugin, caller, payload }),
    pipe: (name, value, { meta, caller }) => pipe(deps, wiring, { name, plugin: meta.plugin, caller, value }),
    fence: (name, input, at) => write(contract(name), input, { ...at, purpose: 'fence' }),
    async read(name, input) {
      const plugin = wiring.actions.get(name);
      if (plugin === undefined || contract(name).effect !== 'read')
        throw new Error(`No plugin is wired to read ${name}.`);
      return (await read(contract(name), input, { plugin, caller: theApi(name) })).output;
    },
  };
};

/** Those of the inputs that would be another effect. */
const otherKeys = (action: Action, input: unknown, replaced: readonly unknown[] = []): readonly unknown[] => {
  const keyOf = (one: unknown) => action.key?.(parseInput(action, one));
  return replaced.filter((before) => keyOf(before) !== keyOf(input));
};

const theApi = (step: string): Caller => ({
  flow: { type: 'api', id: 'api', step },
  attempt: 1,
  abort: new AbortController().signal,
});

/** It was sent: a journal that is down must not send it again. */
const noteNotice = (
  { journal, log }: Pick<HostDeps, 'journal' | 'log'>,
  { name, service, caller }: { name: string; service: string; caller: Caller },
): Promise<void> => {
  const { id: flow, step } = caller.flow;
  return journal
    .transaction((sql) => appendEvent(sql, { flow, kind: 'told', step, service, detail: { action: name } }))
    .catch((error: unknown) =>
      log.warn({ err: String(error), flow }, 'a notice that was sent is not in the journal'),
    );
};

const implementations =
  (wiring: Wiring) =>
  (plugin: string, action: string): { wired: WiredPlugin; does: WriteImplementation } => {
    const wired = wiring.plugins.get(plugin);
    const does = wired && (wired.plugin.actions as Readonly<Record<string, unknown>> | undefined)?.[action];
    if (wired && does) return { wired, does: does as WriteImplementation };
    // Retried, not refused: a deploy that brings the plugin heals the flow.
    throw new Error(
      `This worker has no plugin '${plugin}' that implements ${action}; it has ${[...wiring.plugins.keys()].join(', ')}.`,
    );
  };

const parseInput = (action: Action, input: unknown): unknown => {
  const parsed = action.input.safeParse(input);
  if (parsed.success) return parsed.data;
  throw new ParkError(
    'action.input-invalid',
    `${action.name} was called with an input that its contract refuses: ${parsed.error.message.slice(0, 500)}`,
  );
};
