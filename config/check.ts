import { millisecondsOf } from '../contracts/duration.ts';
import type { Action, FlowContract } from '../contracts/define.ts';
import type { ServicePlugin } from '../plugins/sdk/plugin.ts';
import type { WiringFile } from './schema.ts';
import type { CallLimits, WiredIncoming, WiredPlugin, Wiring } from './wiring.ts';

interface ToCheck {
  readonly file: WiringFile;
  readonly plugins: ReadonlyMap<string, ServicePlugin>;
  readonly contracts: readonly (Action | FlowContract)[];
  readonly issuesOf: (
    error: { issues: readonly { path: readonly PropertyKey[]; message: string }[] },
    at: string,
  ) => readonly string[];
}

/** Actions that the API itself runs, besides those that flows use. */
const API_USES = ['payment.secret'];

const implementsAction = (plugin: ServicePlugin, action: string): boolean =>
  (plugin.actions as Readonly<Record<string, unknown>> | undefined)?.[action] !== undefined;

const names = (list: Iterable<string>): string => [...list].toSorted().join(', ') || 'none';

/** Every Action by its wire name. Two contracts of one name compile silently; here they are found. */
const collectActions = ({ contracts, plugins }: ToCheck, mistakes: string[]): Map<string, Action> => {
  const all = new Map<string, Action>();
  const own = [...plugins.values()].flatMap((plugin) => plugin.contracts ?? []);
  for (const contract of [...contracts, ...own]) {
    if (contract.kind !== 'action') continue;
    if (all.has(contract.name))
      mistakes.push(`contracts: two Actions are called '${contract.name}'. Rename one of them.`);
    all.set(contract.name, contract);
  }
  return all;
};

const checkActions = (
  { file, plugins }: ToCheck,
  actions: ReadonlyMap<string, Action>,
  mistakes: string[],
): void => {
  for (const [action, name] of Object.entries(file.actions)) {
    if (!actions.has(action)) {
      mistakes.push(`actions.${action}: there is no such Action. Known: ${names(actions.keys())}.`);
      continue;
    }
    const plugin = plugins.get(name);
    if (!file.plugins[name]) {
      mistakes.push(
        `actions.${action}: '${name}' is not under plugins. Known: ${names(Object.keys(file.plugins))}.`,
      );
    } else if (plugin && !implementsAction(plugin, action)) {
      const able = [...plugins]
        .filter(([, other]) => implementsAction(other, action))
        .map(([other]) => other);
      mistakes.push(
        `actions.${action}: the plugin '${name}' does not implement it. Plugins that do: ${names(able)}.`,
      );
    }
  }
};

const checkUses = ({ file, contracts }: ToCheck, mistakes: string[]): void => {
  const flows = contracts.flatMap((contract) =>
    contract.kind === 'flow' ? [{ user: `the flow '${contract.name}'`, uses: contract.uses }] : [],
  );
  for (const { user, uses } of [...flows, { user: 'the API', uses: API_USES }]) {
    for (const action of uses) {
      if (file.actions[action] !== undefined) continue;
      mistakes.push(
        `actions: ${user} uses ${action}, and nothing is wired to it. Add '${action}: <plugin>'.`,
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
      `plugins.${name}.calls: timeout (${calls.timeout}) < startToClose (${calls.startToClose}) < lease (${calls.lease}) must hold, or an answer could come after its lease.`,
    );
  }
  return limits;
};

const wirePlugins = (check: ToCheck, mistakes: string[]): Map<string, WiredPlugin> => {
  const wired = new Map<string, WiredPlugin>();
  for (const [name, plugin] of check.plugins) {
    const settings = plugin.settings.safeParse(check.file.plugins[name]?.settings ?? {});
    if (!settings.success) mistakes.push(...check.issuesOf(settings.error, `plugins.${name}.settings`));
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
          `plugins.${name}: the incoming resource '${resource}' is also received by '${other.plugin}'. Rename one.`,
        );
      incoming.set(resource, { plugin: name, service: plugin.service, settings, incoming: connection });
    }
  }
  return incoming;
};

const wireFlows = ({ file, contracts, issuesOf }: ToCheck, mistakes: string[]): Wiring['flows'] => {
  const flows = new Map<string, { contract: FlowContract; policy: unknown }>();
  for (const contract of contracts) {
    if (contract.kind !== 'flow') continue;
    const policy = contract.policy.safeParse(file.flows[contract.name] ?? {});
    if (!policy.success) mistakes.push(...issuesOf(policy.error, `flows.${contract.name}`));
    flows.set(contract.name, { contract, policy: policy.data });
  }
  for (const name of Object.keys(file.flows)) {
    if (!flows.has(name))
      mistakes.push(`flows.${name}: there is no such flow. Known: ${names(flows.keys())}.`);
  }
  return flows;
};

/** Turns a parsed file and its loaded plugins into the wiring; appends every mistake that it finds. */
export const checkWiring = (check: ToCheck, mistakes: string[]): Wiring => {
  const contracts = collectActions(check, mistakes);
  checkActions(check, contracts, mistakes);
  checkUses(check, mistakes);
  const plugins = wirePlugins(check, mistakes);
  const { retry } = check.file;
  return {
    plugins,
    contracts,
    actions: new Map(Object.entries(check.file.actions)),
    flows: wireFlows(check, mistakes),
    incoming: wireIncoming(plugins, mistakes),
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
