import type { Wiring } from '../config/wiring.ts';
import type { Snapshot, StepWiring } from '../workflows/engine/state.ts';

/** What a run of this flow records of the wiring as it stands now. From memory: it runs as a local activity. */
export const snapshotOf = (wiring: Wiring, flow: string, queuePrefix: string): Snapshot => {
  const known = wiring.flows.get(flow);
  if (!known) throw new Error(`This worker knows no flow '${flow}'.`);
  const step = (action: string): StepWiring => {
    const plugin = wiring.plugins.get(wiring.actions.get(action) ?? '');
    const contract = wiring.contracts.get(action);
    if (!plugin || !contract)
      throw new Error(`${action} is wired to nothing; start-up should have refused this.`);
    return {
      plugin: plugin.name,
      queue: queuePrefix + plugin.queue,
      effect: contract.effect,
      ...(contract.moves && { moves: contract.moves }),
      ...(contract.decides && { decides: true }),
      startToCloseMs: plugin.limits.startToCloseMs,
    };
  };
  return {
    actions: Object.fromEntries(known.contract.uses.map((action) => [action, step(action)])),
    policy: known.policy,
    retry: wiring.retry,
  };
};
