import type { Action, Filter, FlowContract, Signal } from '../contracts/define.ts';
import type { ServicePlugin } from '../plugins/sdk/plugin.ts';
import { mistake, names } from './mistake.ts';
import type { WiringFile } from './schema.ts';
import type { Wiring } from './wiring.ts';

interface ToConnect {
  readonly file: Pick<WiringFile, 'signals' | 'filters'>;
  readonly plugins: ReadonlyMap<string, ServicePlugin>;
  readonly contracts: readonly (Action | FlowContract | Signal | Filter)[];
}
type Loose = Readonly<Record<string, unknown>>;

/** Internal Connections: who hears which Signal, and who has a say in which Filter. Appends every mistake that it finds. */
export const wireConnections = (
  { file, plugins, contracts }: ToConnect,
  mistakes: string[],
): Pick<Wiring, 'signals' | 'filters'> => {
  const own = [...plugins.values()].flatMap((plugin) => plugin.contracts ?? []);
  const all = [...contracts, ...own];
  const signals = all.filter((contract) => contract.kind === 'signal');
  const filters = all.filter((contract) => contract.kind === 'filter');
  const known = { plugins, mistakes };
  checkNames({
    ...known,
    at: 'signals',
    part: 'receivers',
    wired: file.signals,
    legal: signals.map(({ name }) => name),
  });
  checkNames({
    ...known,
    at: 'filters',
    part: 'steps',
    wired: file.filters,
    legal: filters.map(({ name }) => name),
  });
  return {
    signals: new Map(
      signals.map((contract) => [contract.name, { contract, receivers: file.signals[contract.name] ?? [] }]),
    ),
    filters: new Map(
      filters.map((contract) => [contract.name, { contract, steps: file.filters[contract.name] ?? [] }]),
    ),
  };
};

const checkNames = ({
  at,
  part,
  wired,
  legal,
  plugins,
  mistakes,
}: {
  at: 'signals' | 'filters';
  part: 'receivers' | 'steps';
  wired: Readonly<Record<string, readonly string[]>>;
  legal: readonly string[];
  plugins: ReadonlyMap<string, ServicePlugin>;
  mistakes: string[];
}): void => {
  for (const [name, connected] of Object.entries(wired)) {
    if (!legal.includes(name)) {
      const remedy = 'Correct its name, or add the plugin that declares it';
      mistakes.push(
        mistake(`${at}.${name}`, 'nothing of this name is declared', { legal: names(legal), remedy }),
      );
      continue;
    }
    const able = [...plugins]
      .filter(([, plugin]) => (plugin[part] as Loose | undefined)?.[name])
      .map(([plugin]) => plugin);
    const twice = connected.filter((plugin, index) => connected.indexOf(plugin) !== index);
    for (const plugin of connected.filter((one) => !able.includes(one))) {
      const remedy = `Name a plugin whose \`${part}\` has '${name}'`;
      mistakes.push(
        mistake(`${at}.${name}`, `the plugin '${plugin}' is not connected to it`, {
          legal: names(able),
          remedy,
        }),
      );
    }
    for (const plugin of twice) {
      mistakes.push(
        mistake(`${at}.${name}`, `'${plugin}' is named twice`, {
          legal: 'each plugin once',
          remedy: 'Remove one',
        }),
      );
    }
  }
};
