import { ParkError } from '../../contracts/failures.ts';
import type { WiredPlugin, Wiring } from '../../config/wiring.ts';
import { digestOf } from '../../journal/digest.ts';
import { entryOf } from '../guard/entry.ts';
import type { Caller } from './call.ts';
import type { EffectDeps } from './effect-types.ts';
import type { z } from 'zod';

type Connected = (value: never, call: never) => Promise<unknown>;

interface Connection {
  readonly name: string;
  readonly plugin: string;
  readonly caller: Caller;
}

/** Runs a plugin's Receiver of a Signal. Its key is one per Signal workflow: every attempt has the same. */
export const receive = async (
  deps: EffectDeps,
  wiring: Wiring,
  { name, plugin, caller, payload }: Connection & { readonly payload: unknown },
): Promise<void> => {
  const schema = wiring.signals.get(name)?.contract.payload;
  const key = digestOf([name, plugin, caller.flow.id]);
  await callConnected(deps, wiring, {
    name,
    plugin,
    caller,
    part: 'receivers',
    key,
    value: parse(schema, payload, name),
  });
};

/** Runs a plugin's Pipeline Step of a Filter: the value as it is from now on, or why the flow stops. */
export const pipe = async (
  deps: EffectDeps,
  wiring: Wiring,
  { name, plugin, caller, value }: Connection & { readonly value: unknown },
): Promise<{ readonly value: unknown } | { readonly halt: string }> => {
  const schema = wiring.filters.get(name)?.contract.value;
  const given = parse(schema, value, name);
  const answer = await callConnected(deps, wiring, {
    name,
    plugin,
    caller,
    part: 'steps',
    key: '',
    value: given,
  });
  const halt = (answer as { halt?: unknown } | undefined)?.halt;
  return typeof halt === 'string' ? { halt } : { value: parse(schema, answer, name) };
};

const parse = (schema: z.ZodType | undefined, value: unknown, name: string): unknown => {
  const parsed = schema?.safeParse(value);
  if (parsed?.success) return parsed.data;
  const why = parsed ? parsed.error.message.slice(0, 500) : 'no contract declares it';
  throw new ParkError('service.malformed-answer', `${name} is not what its contract promises: ${why}`);
};

const callConnected = async (
  { openCall, guard }: EffectDeps,
  wiring: Wiring,
  {
    name,
    plugin,
    part,
    key,
    value,
    caller,
  }: Connection & { part: 'receivers' | 'steps'; key: string; value: unknown },
): Promise<unknown> => {
  const wired: WiredPlugin | undefined = wiring.plugins.get(plugin);
  const does = (wired?.plugin[part] as Readonly<Record<string, Connected>> | undefined)?.[name];
  if (!wired || !does) throw new Error(`This worker has no plugin '${plugin}' that is connected to ${name}.`);
  const permit = await guard.enter(entryOf(wired, caller));
  const { call } = openCall(wired, caller, { key, startedAt: performance.now() });
  return permit.run(() => does(value as never, call as never));
};
