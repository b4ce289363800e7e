import type { Effect } from '../../contracts/define.ts';

/** How one Action runs in this run, as the wiring stood when the run began. */
export interface StepWiring {
  readonly plugin: string;
  readonly queue: string;
  readonly service: string;
  /** The activity's name, where it is not the Action's. */
  readonly activity?: string;
  readonly effect: Effect;
  readonly moves?: 'money' | 'grant' | undefined;
  readonly decides?: boolean | undefined;
  /** Whether its answers become facts of money or grants. */
  readonly learns?: boolean | undefined;
  readonly startToCloseMs: number;
}

/** A plugin that receives a Signal. */
export interface Connected {
  readonly plugin: string;
  readonly service: string;
  readonly queue: string;
  readonly startToCloseMs: number;
}

/** What a run reads first, from memory alone, and keeps to its end. */
export interface Snapshot {
  /** By Action. An operator's reroute replaces an entry. */
  readonly actions: Record<string, StepWiring>;
  /** By Signal: its Receivers. */
  readonly receivers: Readonly<Record<string, readonly Connected[]>>;
  /** By Filter: the names, in `actions`, of its Pipeline Steps, in order. */
  readonly steps: Readonly<Record<string, readonly string[]>>;
  readonly policy: unknown;
  readonly retry: {
    readonly firstMs: number;
    readonly maxMs: number;
    readonly whileWaitingMs: number;
    readonly afterwardsMs: number;
    readonly parkedEveryMs: number;
  };
}

/** One line of the flow's story, for people. */
export interface StepView {
  readonly step: string;
  readonly service: string;
  state: 'running' | 'done' | 'failed' | 'parked';
  code?: string;
}

/** What an operator decided about a parked step. */
export type Steering =
  | { readonly do: 'retry'; readonly input: unknown; readonly reroute: boolean }
  | { readonly do: 'skip'; readonly output: unknown }
  | { readonly do: 'abandon' };

/** What the flow is parked on. */
export interface Parked {
  /** Step, count and run: what an operator's Update must name. */
  readonly id: string;
  readonly step: string;
  readonly moves: 'money' | 'grant' | undefined;
  /** What a skip or a corrected input would touch: more than the step itself, where its answers become facts. */
  readonly touches: 'money' | 'grant' | undefined;
  steering: Steering | undefined;
}

/** A message that reached the flow; it carries no truth. */
export interface Message {
  readonly id: string;
  readonly name: string;
}

/** What the runs before a Reset left behind. */
export interface Recollection {
  /** By step: the first answer of each read by which the flow chose its way. */
  readonly decisions: Readonly<Record<string, unknown>>;
  /** Steps whose effect on money or grants stands, or may stand. */
  readonly standing: readonly string[];
}

/** All that a run remembers besides its call stack. Rebuilt by replay. */
export interface RunState {
  status: string;
  order: string | undefined;
  /** What is bought, for people, until there is an order. */
  subject: string | undefined;
  answer: unknown;
  result: unknown;
  waits: string | undefined;
  /** Once true, the flow parks where it would have given up. */
  moneyMayHaveMoved: boolean;
  /** Once true, the purchase stands: neither a cancellation nor a failure undoes it. */
  kept: boolean;
  /** The reason, while somebody holds the flow. */
  held: string | undefined;
  parked: Parked | undefined;
  wasParked: boolean;
  /** How often somebody steered. */
  steered: number;
  undoing: boolean;
  /** While somebody is being told something: whatever fails meanwhile stops nothing. */
  telling: boolean;
  cancelRequested: boolean;
  /** What the flow chose its way by, step by step; every write carries it into the journal. */
  readonly decisions: Record<string, unknown>;
  /** What the runs before a Reset decided by; undefined until it was asked for. */
  recalled: Recollection | undefined;
  /** Steps of an earlier run whose effects stand, and which this run has not come to yet. While there are any, it cannot end. */
  readonly behind: Set<string>;
  readonly steps: StepView[];
  readonly names: Set<string>;
  readonly messages: Message[];
  readonly seen: Set<string>;
}

export const newState = (): RunState => ({
  status: 'received',
  order: undefined,
  subject: undefined,
  answer: undefined,
  result: undefined,
  waits: undefined,
  moneyMayHaveMoved: false,
  kept: false,
  held: undefined,
  parked: undefined,
  wasParked: false,
  steered: 0,
  undoing: false,
  telling: false,
  cancelRequested: false,
  decisions: {},
  recalled: undefined,
  behind: new Set(),
  steps: [],
  names: new Set(),
  messages: [],
  seen: new Set(),
});
