import type { Wiring } from '../../config/wiring.ts';

/** The wiring as it would run, without any setting: those hold secrets. */
export interface WiringData {
  readonly plugins: readonly {
    readonly name: string;
    readonly service: string;
    readonly actions: readonly string[];
    readonly ownActions: readonly string[];
    readonly incoming: readonly string[];
  }[];
  readonly actions: readonly {
    readonly action: string;
    readonly effect: string;
    readonly moves?: string;
    readonly plugin: string;
    readonly service: string;
    /** Of writes: what is done when an answer was lost. */
    readonly inDoubt?: string;
    readonly flows: readonly string[];
  }[];
  /** Who hears which Signal, and who has a say in which Filter, in order. Only what somebody is connected to. */
  readonly connections: readonly {
    readonly kind: string;
    readonly name: string;
    readonly plugins: readonly string[];
  }[];
  readonly incoming: readonly { readonly path: string; readonly plugin: string }[];
  readonly flows: readonly {
    readonly flow: string;
    readonly startedBy: readonly string[];
    readonly messages: readonly string[];
    readonly policy: unknown;
  }[];
}

type Write = { readonly onDoubt?: 'park' | { readonly repeatFor?: string; readonly lookup?: unknown } };

const inDoubtOf = ({ onDoubt }: Write): string => {
  if (onDoubt === undefined || onDoubt === 'park') return 'park';
  const parts = [onDoubt.repeatFor && `repeat for ${onDoubt.repeatFor}`, onDoubt.lookup && 'look up'];
  return parts.filter(Boolean).join(', then ');
};

export const describeWiring = (wiring: Wiring): WiringData => ({
  ...describeParts(wiring),
  connections: [
    ...[...wiring.signals].map(([name, { receivers }]) => ({ kind: 'signal', name, plugins: receivers })),
    ...[...wiring.filters].map(([name, { steps }]) => ({ kind: 'filter', name, plugins: steps })),
  ].filter(({ plugins }) => plugins.length > 0),
});

const describeParts = ({
  plugins,
  actions,
  contracts,
  flows,
  incoming,
}: Wiring): Omit<WiringData, 'connections'> => ({
  plugins: [...plugins.values()].map(({ name, plugin }) => ({
    name,
    service: plugin.service,
    actions: Object.keys(plugin.actions ?? {}),
    ownActions: (plugin.contracts ?? []).map((contract) => contract.name),
    incoming: Object.keys(plugin.incoming ?? {}),
  })),
  actions: [...actions].map(([action, plugin]) => {
    const contract = contracts.get(action);
    const wired = plugins.get(plugin)?.plugin;
    const does = (wired?.actions as Readonly<Record<string, Write>> | undefined)?.[action];
    return {
      action,
      effect: contract?.effect ?? '',
      ...(contract?.moves && { moves: contract.moves }),
      plugin,
      service: wired?.service ?? '',
      ...(contract?.effect === 'write' && { inDoubt: inDoubtOf(does ?? {}) }),
      flows: [...flows]
        .filter(
          ([
            ,
            {
              contract: { uses },
            },
          ]) => uses.includes(action),
        )
        .map(([flow]) => flow),
    };
  }),
  incoming: [...incoming].map(([resource, { plugin }]) => ({ path: `/v1/incoming/${resource}`, plugin })),
  flows: [...flows].map(([flow, { contract, policy }]) => ({
    flow,
    startedBy: contract.startedBy,
    messages: Object.keys(contract.messages),
    policy,
  })),
});
