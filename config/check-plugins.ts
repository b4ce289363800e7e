import type { Action, Filter, Signal } from '../contracts/define.ts';
import { Duration } from '../contracts/duration.ts';
import type { ServicePlugin } from '../plugins/sdk/plugin.ts';
import { mistake, names } from './mistake.ts';

type Loose = Readonly<Record<string, unknown>>;
/** The flows' own task queue. */
const TAKEN = 'flows';
const KEBAB = /^[a-z][a-z0-9]*(-[a-z0-9]+)*$/;
const DOTTED = /^[a-z][a-z0-9-]*(\.[a-z][a-z0-9-]*)+$/;

/** What the types promise of a plugin in TypeScript: asked again, since plugins may come as plain JavaScript. */
export const checkPlugin = (
  name: string,
  plugin: ServicePlugin,
  actions: ReadonlyMap<string, Action>,
): readonly string[] => {
  const at = `plugins.${name}`;
  return [
    ...checkNames(name, plugin),
    ...(plugin.contracts ?? []).flatMap((contract) => checkContract(`${at}.contracts`, contract)),
    ...Object.entries((plugin.actions ?? {}) as Loose).flatMap(([action, does]) => {
      const contract = actions.get(action);
      if (contract) return checkImplementation(`${at}.actions.${action}`, does, contract);
      return mistake(`${at}.actions.${action}`, 'the plugin implements an Action that no contract declares', {
        legal: names(actions.keys()),
        remedy: "Correct its name in the plugin, or declare it in the plugin's `contracts`",
      });
    }),
    ...Object.entries((plugin.incoming ?? {}) as Loose).flatMap(([resource, incoming]) => {
      const { verify, read } = (incoming ?? {}) as Loose;
      if (typeof verify === 'function' && typeof read === 'function') return [];
      return mistake(
        `${at}.incoming.${resource}`,
        'the plugin does not say how to verify and read such a call',
        {
          legal: 'an object with the functions `verify` and `read`',
          remedy: 'Add what is missing to the plugin',
        },
      );
    }),
  ];
};

const checkNames = (name: string, { name: own, service }: ServicePlugin): readonly string[] => {
  const found: string[] = [];
  if (own !== name) {
    const remedy = 'Rename the key here, or the plugin';
    found.push(mistake(`plugins.${name}`, `the plugin calls itself '${own}'`, { legal: own, remedy }));
  }
  if (typeof service !== 'string' || !KEBAB.test(service) || service === TAKEN) {
    found.push(
      mistake(
        `plugins.${name}.service`,
        `'${service}' cannot name a Service, since it names its task queue`,
        {
          legal: `a name in kebab-case, but not '${TAKEN}'`,
          remedy: 'Change `service` in the plugin',
        },
      ),
    );
  }
  return found;
};

const checkContract = (at: string, contract: Action | Signal | Filter): readonly string[] => {
  const found: string[] = [];
  const remedy = 'Change the contract in the plugin';
  if (contract.kind === 'signal' || contract.kind === 'filter') {
    if (DOTTED.test(contract.name)) return found;
    const legal = "a dotted name, such as 'subject.happened'";
    return [mistake(`${at}.${contract.name}`, `this cannot name a ${contract.kind}`, { legal, remedy })];
  }
  const { name, kind, effect, key, moves } = contract;
  if ((kind as string) !== 'action' || !DOTTED.test(name))
    found.push(
      mistake(`${at}.${name}`, 'this is no Action', { legal: 'action({ name: "subject.verb", … })', remedy }),
    );
  if (effect === 'write' && !key)
    found.push(
      mistake(`${at}.${name}`, 'a write without a key would be done twice', {
        legal: '`key: (input) => …`',
        remedy,
      }),
    );
  if (effect !== 'write' && (key ?? moves) !== undefined)
    found.push(
      mistake(`${at}.${name}`, `'${effect}' moves nothing and has no key`, {
        legal: "effect: 'write'",
        remedy,
      }),
    );
  return found;
};

const checkImplementation = (at: string, does: unknown, { effect }: Action): readonly string[] => {
  const remedy = 'Change the Implementation in the plugin';
  if (effect !== 'write') {
    if (typeof does === 'function') return [];
    return [
      mistake(at, `a ${effect} is implemented by a function`, {
        legal: 'async (input, call) => output',
        remedy,
      }),
    ];
  }
  const { run, onDoubt } = (does ?? {}) as Loose;
  if (typeof run !== 'function' || onDoubt === undefined) {
    const legal = '{ run, onDoubt }';
    return [mistake(at, 'a write must say what it does, and what is right in doubt', { legal, remedy })];
  }
  if (onDoubt === 'park') return [];
  const { repeatFor, lookup } = onDoubt as Loose;
  const isRight =
    (repeatFor !== undefined || lookup !== undefined) &&
    (repeatFor === undefined || Duration.safeParse(repeatFor).success) &&
    (lookup === undefined || typeof lookup === 'function');
  if (isRight) return [];
  const legal = "'park', { repeatFor: '24h' }, { lookup }, or both";
  return [mistake(at, 'nobody can tell what is right in doubt', { legal, remedy })];
};
