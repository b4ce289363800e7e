import type { Action } from '../../contracts/define.ts';
import { ParkError } from '../../contracts/errors.ts';
import type { Wiring, WiredPlugin } from '../../config/wiring.ts';
import type { Journal } from '../../journal/connect.ts';
import { appendEvent } from '../../journal/events.ts';
import { recordFacts } from '../../journal/facts.ts';
import type { Log } from '../../plugins/sdk/plugin.ts';
import { type Caller, createCalls, parseOutput } from './call.ts';
import { createEffects, type EffectOutcome, type WriteImplementation } from './effect.ts';
import { failWith } from './failure.ts';

/** How a flow asks for an Action: the plugin that its wiring snapshot names, and its learner status for the journal. */
export interface StepMeta {
  readonly plugin: string;
  readonly status?: string | undefined;
}

export interface Host {
  /** Runs one Action. Answers the contract's output. */
  run(
    action: string,
    input: unknown,
    at: { readonly meta: StepMeta; readonly caller: Caller },
  ): Promise<unknown>;
  /** Makes sure that a write never happens from now on, or answers what it did. */
  fence(
    action: string,
    input: unknown,
    at: { readonly meta: StepMeta; readonly caller: Caller },
  ): Promise<EffectOutcome>;
  /** Runs a read for the API, by today's wiring. */
  read(action: string, input: unknown): Promise<unknown>;
}

export interface HostDeps {
  readonly journal: Journal;
  readonly wiring: Wiring;
  readonly log: Log;
}

/** Runs plugins' Implementations: validated, guarded, and written down. */
export const createHost = ({ journal, wiring, log }: HostDeps): Host => {
  const openCall = createCalls(log);

  const implementation = (plugin: string, action: string): { wired: WiredPlugin; does: unknown } => {
    const wired = wiring.plugins.get(plugin);
    const does = wired && (wired.plugin.actions as Readonly<Record<string, unknown>> | undefined)?.[action];
    if (!wired || !does) {
      // Retried, not refused: a deploy that brings the plugin heals the flow.
      throw new Error(
        `This worker has no plugin '${plugin}' that implements ${action}; it has ${[...wiring.plugins.keys()].join(', ')}.`,
      );
    }
    return { wired, does };
  };
  const effects = createEffects({
    journal,
    openCall,
    implementation: (plugin, action) => {
      const { wired, does } = implementation(plugin, action);
      return { wired, does: does as WriteImplementation };
    },
  });

  const contract = (name: string): Action => {
    const action = wiring.contracts.get(name);
    if (!action) throw new Error(`No contract declares an Action '${name}'.`);
    return action;
  };
  const parseInput = (action: Action, input: unknown): unknown => {
    const parsed = action.input.safeParse(input);
    if (parsed.success) return parsed.data;
    throw new ParkError(
      'action.input-invalid',
      `${action.name} was called with an input that its contract refuses: ${parsed.error.message.slice(0, 500)}`,
    );
  };

  const look = async (
    action: Action,
    input: unknown,
    { plugin, caller }: { plugin: string; caller: Caller },
  ) => {
    const { wired, does } = implementation(plugin, action.name);
    const { call } = openCall(wired, caller, { key: '', startedAt: performance.now() });
    const run = does as (input: never, call: never) => Promise<unknown>;
    const output = parseOutput(action.output, await run(input as never, call as never), action.name);
    const { service } = wired.plugin;
    const facts = action.facts?.(input, output, service) ?? [];
    if (facts.length > 0) {
      await journal.transaction((sql) => recordFacts(sql, facts, { source: service, flow: caller.flow.id }));
    }
    return { output, service };
  };

  return {
    async run(name, input, { meta, caller }) {
      const action = contract(name);
      const valid = parseInput(action, input);
      const { plugin, status } = meta;
      if (action.effect === 'write') {
        const outcome = await effects({ action, input: valid, plugin, purpose: 'call', caller, status });
        if (outcome.happened) return outcome.output;
        throw failWith('effect.fenced', `It was decided that ${name} never happens.`);
      }
      const { output, service } = await look(action, valid, { plugin, caller });
      if (action.effect === 'notify') {
        const event = {
          flow: caller.flow.id,
          kind: 'told',
          step: caller.flow.step,
          service,
          detail: { action: name },
        };
        // It was sent: a journal that is down must not send it again.
        await journal
          .transaction((sql) => appendEvent(sql, event))
          .catch((error: unknown) => {
            log.warn(
              { err: String(error), flow: caller.flow.id },
              'could not write down that a notice was sent',
            );
          });
      }
      return output;
    },
    async fence(name, input, { meta, caller }) {
      const action = contract(name);
      const valid = parseInput(action, input);
      return effects({
        action,
        input: valid,
        plugin: meta.plugin,
        purpose: 'fence',
        caller,
        status: meta.status,
      });
    },
    async read(name, input) {
      const action = contract(name);
      const plugin = wiring.actions.get(name);
      if (plugin === undefined || action.effect !== 'read')
        throw new Error(`No plugin is wired to read ${name}.`);
      const caller = {
        flow: { type: 'api', id: 'api', step: name },
        attempt: 1,
        abort: new AbortController().signal,
      };
      return (await look(action, parseInput(action, input), { plugin, caller })).output;
    },
  };
};
