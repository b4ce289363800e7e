import type { Action } from '../../contracts/define.ts';
import { recordFacts } from '../../journal/facts.ts';
import { entryOf } from '../guard/entry.ts';
import { type Caller, parseOutput } from './call.ts';
import type { EffectDeps } from './effect-types.ts';

interface LookRequest {
  readonly action: Action;
  readonly input: unknown;
  readonly plugin: string;
  readonly caller: Caller;
}

/** Runs a read or a notice. Has no row of its own, but what it learns of money and grants becomes facts. */
export const look = async (
  { journal, openCall, guard, implementation }: EffectDeps,
  { action, input, plugin, caller }: LookRequest,
): Promise<{ readonly output: unknown; readonly service: string }> => {
  const { wired, does } = implementation(plugin, action.name);
  const permit = await guard.enter(entryOf(wired, caller));
  const { call } = openCall(wired, caller, { key: '', startedAt: performance.now() });
  const run = does as unknown as (input: never, call: never) => Promise<unknown>;
  const raw = await permit.run(() => run(input as never, call as never));
  const output = parseOutput(action.output, raw, action.name);
  const { service } = wired.plugin;
  const facts = action.facts?.(input, output, service) ?? [];
  if (facts.length > 0) {
    await journal.transaction((sql) => recordFacts(sql, facts, { source: service, flow: caller.flow.id }));
  }
  return { output, service };
};
