import { millisecondsOf } from '../contracts/duration.ts';
import type { Action, Filter, FlowContract, Signal } from '../contracts/define.ts';
import type { ServicePlugin } from '../plugins/sdk/plugin.ts';
import { wireConnections } from './check-connections.ts';
import { checkPlugin } from './check-plugins.ts';
import { mistake, mistakesOf, names } from './mistake.ts';
import type { WiringFile } from './schema.ts';
import { wireServices } from './service-limits.ts';
import type { CallLimits, WiredIncoming, WiredPlugin, Wiring } from './wiring.ts';

interface ToCheck {
  readonly file: WiringFile;
  readonly plugins: ReadonlyMap<string, ServicePlugin>;
  readonly contracts: readonly (Action | FlowContract | Signal | Filter)[];
  /** What the file names, parts that are refused for other reasons included: one mistake is told once. */
  readonly written: { readonly plugins: ReadonlySet<string>; readonly actions: ReadonlySet<string> };
}

/** Actions that the API itself runs, besides those that flows use. */
const API_USES = ['payment.secret'];

const implementsAction = (plugin: ServicePlugin, action: string): boolean =>
  (plugin.actions as Readonly<Record<string, unknown>> | undefined)?.[action] !== undefined;

/** Every Action by its wire name. Two contracts of one name compile silently; here they are found. */
const collectActions = ({ contracts, plugins }: ToCheck, mistakes: string[]): Map<string, Action> => {
  const all = new Map<string, Action>();
  const own = [...plugins.values()].flatMap((plugin) => plugin.contracts ?? []);
  for (const contract of [...contracts, ...own]) {
    if (contract.kind !== 'action') continue;
    if (all.has(contract.name)) {
      const owners = [...plugins].filter(([, plugin]) =>
        plugin.contracts?.some(({ name }) => name === contract.name),
      );
      const at = owners.map(([name]) => `plugins.${name}.contracts`).join(' and ') || 'contracts';
      mistakes.push(
        mistake(`${at}.${contract.name}`, 'two Actions have this name', {
          legal: `any name but ${names([...all.keys()])}`,
          remedy: 'Rename the Action, or implement the one that is there',
        }),
      );
    } else all.set(contract.name, contract);
  }
  return all;
};

const checkActions = (
  { file, plugins, written }: ToCheck,
  actions: ReadonlyMap<string, Action>,
  mistakes: string[],
): void => {
  for (const [action, name] of Object.entries(file.actions)) {
    if (!actions.has(action)) {
      mistakes.push(
        mistake(`actions.${action}`, 'there is no such Action', {
          legal: names(actions.keys()),
          remedy: 'Correct its name, or add the plugin that declares it',
        }),
      );
      continue;
    }
    const plugin = plugins.get(name);
    const able = [...plugins].filter(([, other]) => implementsAction(other, action)).map(([other]) => other);
    if (!written.plugins.has(name)) {
      mistakes.push(
        mistake(`actions.${action}`, `'${name}' is not under plugins`, {
          legal: names(able),
          remedy: 'Name a plugin that implements the Action',
        }),
      );
    } else if (plugin && !implementsAction(plugin, action)) {
      mistakes.push(
        mistake(`actions.${action}`, `the plugin '${name}' does not implement it`, {
          legal: names(able),
          remedy: 'Name a plugin that does, or implement it',
        }),
      );
    }
  }
};

const checkUses = ({ contracts, plugins, written }: ToCheck, mistakes: string[]): void => {
  const flows = contracts.flatMap((contract) =>
    contract.kind === 'flow' ? [{ user: `the flow '${contract.name}'`, uses: contract.uses }] : [],
  );
  for (const { user, uses } of [...flows, { user: 'the API', uses: API_USES }]) {
    for (const action of uses) {
      if (written.actions.has(action)) continue;
      const able = [...plugins]
        .filter(([, plugin]) => implementsAction(plugin, action))
        .map(([name]) => name);
      mistakes.push(
        mistake(`actions.${action}`, `is missing, and ${user} uses it`, {
          legal: names(able),
          remedy: `Add '${action}: <plugin>'`,
        }),
      );
    }
  }
};

const limitsOf = (file: WiringFile, name: string, mistakes: string[]): CallLimits => {
  const own = file.plugins[name]?.calls ?? {};
  const calls = {
    timeout: own.timeout ?? file.calls.timeout,
    startToClose: own.startToClose ?? file.calls.startToClose,
    lease: own.lease ?? file.calls.lease,
    settle: own.settle ?? file.calls.settle,
  };
  const limits = {
    timeoutMs: millisecondsOf(calls.timeout),
    startToCloseMs: millisecondsOf(calls.startToClose),
    leaseMs: millisecondsOf(calls.lease),
    settleMs: millisecondsOf(calls.settle),
  };
  if (limits.timeoutMs >= limits.startToCloseMs || limits.startToCloseMs >= limits.leaseMs) {
    mistakes.push(
      mistake(
        `plugins.${name}.calls`,
        `timeout is ${calls.timeout}, startToClose ${calls.startToClose} and lease ${calls.lease}: an answer could come after its lease`,
        { legal: 'timeout < startToClose < lease', remedy: 'Change them here, or under calls' },
      ),
    );
  }
  return limits;
};

const wirePlugins = (check: ToCheck, mistakes: string[]): Map<string, WiredPlugin> => {
  const wired = new Map<string, WiredPlugin>();
  for (const [name, plugin] of check.plugins) {
    const given = check.file.plugins[name]?.settings ?? {};
    const settings = plugin.settings.safeParse(given);
    const at = { value: given, at: `plugins.${name}.settings` };
    if (!settings.success) mistakes.push(...mistakesOf(plugin.settings, settings.error.issues, at));
    wired.set(name, {
      name,
      plugin,
      settings: settings.data,
      limits: limitsOf(check.file, name, mistakes),
      queue: plugin.service,
    });
  }
  return wired;
};

const wireIncoming = (
  plugins: ReadonlyMap<string, WiredPlugin>,
  mistakes: string[],
): Map<string, WiredIncoming> => {
  const incoming = new Map<string, WiredIncoming>();
  for (const { name, plugin, settings } of plugins.values()) {
    for (const [resource, connection] of Object.entries(plugin.incoming ?? {})) {
      const other = incoming.get(resource);
      if (other)
        mistakes.push(
          mistake(
            `plugins.${name}.incoming.${resource}`,
            `'${other.plugin}' receives this resource as well`,
            {
              legal: `any name but ${names(incoming.keys())}`,
              remedy: 'Rename it in one of the plugins, or remove one of them',
            },
          ),
        );
      incoming.set(resource, { plugin: name, service: plugin.service, settings, incoming: connection });
    }
  }
  return incoming;
};

const wireFlows = ({ file, contracts }: ToCheck, mistakes: string[]): Wiring['flows'] => {
  const flows = new Map<string, { contract: FlowContract; policy: unknown }>();
  for (const contract of contracts) {
    if (contract.kind !== 'flow') continue;
    const given = file.flows[contract.name] ?? {};
    const policy = contract.policy.safeParse(given);
    const at = { value: given, at: `flows.${contract.name}` };
    if (!policy.success) mistakes.push(...mistakesOf(contract.policy, policy.error.issues, at));
    flows.set(contract.name, { contract, policy: policy.data });
  }
  for (const name of Object.keys(file.flows)) {
    if (!flows.has(name))
      mistakes.push(
        mistake(`flows.${name}`, 'there is no such flow', {
          legal: names(flows.keys()),
          remedy: 'Correct its name, or remove it',
        }),
      );
  }
  return flows;
};

/** Turns a parsed file and its loaded plugins into the wiring; appends every mistake that it finds. */
export const checkWiring = (check: ToCheck, mistakes: string[]): Wiring => {
  const contracts = collectActions(check, mistakes);
  checkActions(check, contracts, mistakes);
  checkUses(check, mistakes);
  for (const [name, plugin] of check.plugins) mistakes.push(...checkPlugin(name, plugin, contracts));
  const plugins = wirePlugins(check, mistakes);
  const { retry } = check.file;
  return {
    plugins,
    contracts,
    actions: new Map(Object.entries(check.file.actions)),
    flows: wireFlows(check, mistakes),
    incoming: wireIncoming(plugins, mistakes),
    ...wireConnections(check, mistakes),
    services: wireServices(check.file, check.plugins, mistakes),
    moneyByUnverified: check.file.steering.moneyByUnverified,
    retry: {
      firstMs: millisecondsOf(retry.first),
      maxMs: millisecondsOf(retry.max),
      whileWaitingMs: millisecondsOf(retry.whileWaiting),
      afterwardsMs: millisecondsOf(retry.afterwards),
      parkedEveryMs: millisecondsOf(retry.parkedEvery),
    },
  };
};
