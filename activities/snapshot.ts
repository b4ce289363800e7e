import type { Wiring } from '../config/wiring.ts';
import type { Connected, Snapshot, StepWiring } from '../workflows/engine/state.ts';

/** What a run of this flow records of the wiring as it stands now. From memory: it runs as a local activity. */
export const snapshotOf = (wiring: Wiring, flow: string, queuePrefix: string): Snapshot => {
  const known = wiring.flows.get(flow);
  if (!known) throw new Error(`This worker knows no flow '${flow}'.`);
  const { uses, emits, asks } = known.contract;
  const connected = (name: string): Connected => {
    const plugin = wiring.plugins.get(name);
    if (!plugin) throw new Error(`'${name}' is no plugin here; start-up should have refused this.`);
    const { service } = plugin.plugin;
    return {
      plugin: name,
      service,
      queue: queuePrefix + plugin.queue,
      startToCloseMs: plugin.limits.startToCloseMs,
    };
  };
  const step = (action: string): StepWiring => {
    const contract = wiring.contracts.get(action);
    if (!contract) throw new Error(`${action} has no contract; start-up should have refused this.`);
    const { effect, moves, decides, facts } = contract;
    const plugin = connected(wiring.actions.get(action) ?? '');
    return {
      ...plugin,
      effect,
      ...(moves && { moves }),
      ...(decides && { decides }),
      ...(facts && { learns: true }),
    };
  };
  const pipeline = asks.map((filter) => [filter, wiring.filters.get(filter)?.steps ?? []] as const);
  const pipelineStep = (filter: string, plugin: string): [string, StepWiring] => [
    `${filter} by ${plugin}`,
    { ...connected(plugin), activity: filter, effect: 'read', decides: true },
  ];
  return {
    actions: Object.fromEntries([
      ...uses.map((action): [string, StepWiring] => [action, step(action)]),
      ...pipeline.flatMap(([filter, plugins]) => plugins.map((plugin) => pipelineStep(filter, plugin))),
    ]),
    receivers: Object.fromEntries(
      emits.map((signal) => [signal, (wiring.signals.get(signal)?.receivers ?? []).map(connected)]),
    ),
    steps: Object.fromEntries(
      pipeline.map(([filter, plugins]) => [filter, plugins.map((plugin) => `${filter} by ${plugin}`)]),
    ),
    policy: known.policy,
    retry: wiring.retry,
  };
};
