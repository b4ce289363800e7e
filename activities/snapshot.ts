import type { ActionName } from '../contracts/index.ts';
import type { Wiring } from '../config/wiring.ts';
import type { Snapshot, StepWiring } from '../workflows/engine/state.ts';
import { FLOW_USES } from '../workflows/uses.ts';

/** What a run of this flow records of the wiring as it stands now. From memory: it runs as a local activity. */
export const snapshotOf = (wiring: Wiring, flow: string, queuePrefix: string): Snapshot => {
  const uses: readonly ActionName[] = FLOW_USES[flow as keyof typeof FLOW_USES];
  const step = (action: ActionName): StepWiring => {
    const plugin = wiring.plugins.get(wiring.actions.get(action) ?? '');
    const contract = wiring.contracts.get(action);
    if (!plugin || !contract)
      throw new Error(`${action} is wired to nothing; start-up should have refused this.`);
    return {
      plugin: plugin.name,
      queue: queuePrefix + plugin.queue,
      effect: contract.effect,
      ...(contract.moves && { moves: contract.moves }),
      startToCloseMs: plugin.limits.startToCloseMs,
    };
  };
  return {
    actions: Object.fromEntries(uses.map((action) => [action, step(action)])),
    policy: wiring.flows.get(flow)?.policy,
    retry: wiring.retry,
  };
};
