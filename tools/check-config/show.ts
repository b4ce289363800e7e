import type { WiringData } from './describe.ts';

const table = (head: readonly string[], rows: readonly (readonly string[])[]): string => {
  const all = [head, ...rows];
  const widths = head.map((_name, column) => Math.max(...all.map((row) => (row[column] ?? '').length)));
  return all
    .map((row) =>
      row
        .map((cell, column) => cell.padEnd(widths[column] ?? 0))
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
};

/** For a terminal. */
export const asTable = ({ plugins, actions, incoming, flows }: WiringData): string =>
  [
    table(
      ['Action', 'effect', 'moves', 'plugin', 'in doubt', 'used by'],
      actions.map((one) => [
        one.action,
        one.effect,
        one.moves ?? '-',
        one.plugin,
        one.inDoubt ?? '-',
        one.flows.join(', ') || '-',
      ]),
    ),
    table(
      ['plugin', 'Service', 'own Actions', 'incoming'],
      plugins.map(({ name, service, ownActions, incoming: receives }) => [
        name,
        service,
        ownActions.join(', ') || '-',
        receives.join(', ') || '-',
      ]),
    ),
    table(
      ['incoming', 'plugin'],
      incoming.map(({ path, plugin }) => [`POST ${path}`, plugin]),
    ),
    table(
      ['flow', 'started by', 'policy'],
      flows.map(({ flow, startedBy, policy }) => [flow, startedBy.join(', '), JSON.stringify(policy)]),
    ),
  ].join('\n\n');

const id = (kind: string, name: string): string => `${kind}_${name.replaceAll(/[^a-zA-Z0-9]/g, '_')}`;

/** A Mermaid diagram: flows → Actions → plugins → Services. Thick lines move money or grants. */
export const asMermaid = ({ plugins, actions, incoming, flows }: WiringData): string =>
  [
    'flowchart LR',
    ...flows.map(({ flow }) => `  ${id('flow', flow)}(["${flow}"])`),
    ...actions.flatMap(({ action, plugin, moves, flows: users }) => [
      `  ${id('action', action)}["${action}"]`,
      ...users.map((flow) => `  ${id('flow', flow)} --> ${id('action', action)}`),
      `  ${id('action', action)} ${moves ? '==>' : '-->'} ${id('plugin', plugin)}`,
    ]),
    ...plugins.map(
      ({ name, service }) =>
        `  ${id('plugin', name)}[["${name}"]] --- ${id('service', service)}[("${service}")]`,
    ),
    ...incoming.map(({ path, plugin }) => `  ${id('in', path)}>"POST ${path}"] -.-> ${id('plugin', plugin)}`),
  ].join('\n');
