import type { Action, Filter, FlowContract, Signal } from '../contracts/define.ts';
import type { Incoming, ServicePlugin } from '../plugins/sdk/plugin.ts';

/** How long one call may take. The client's time-out is shorter than start-to-close, which is shorter than the lease. */
export interface CallLimits {
  readonly timeoutMs: number;
  readonly startToCloseMs: number;
  readonly leaseMs: number;
  /** An "absent" of a look-up counts when it was said twice, this far apart. */
  readonly settleMs: number;
}

/** When a Service counts as failing, and for how long it is left alone then. */
export interface BreakerLimits {
  readonly windowMs: number;
  /** Calls in the window before any judgement. */
  readonly minimum: number;
  /** Failed calls among all, above 0 and at most 1. */
  readonly failureRatio: number;
  readonly openForMs: number;
}

/** What one Service may be asked for, whichever plugins ask. */
export interface ServiceLimits {
  /** Calls at once, in each process. */
  readonly concurrency: number;
  /** Calls per second of the whole cluster; without Redis each of `processes` takes its share. */
  readonly rate: { readonly perSecond: number; readonly processes: number } | undefined;
  readonly breaker: BreakerLimits;
}

/** How calls are tried again. */
export interface RetryLimits {
  readonly firstMs: number;
  readonly maxMs: number;
  /** While the customer waits for the first answer, and afterwards. */
  readonly whileWaitingMs: number;
  readonly afterwardsMs: number;
  /** How often a parked step is tried again. */
  readonly parkedEveryMs: number;
}

export interface WiredPlugin {
  readonly name: string;
  readonly plugin: ServicePlugin;
  readonly settings: unknown;
  readonly limits: CallLimits;
  /** The Service's task queue, without the prefix. */
  readonly queue: string;
}

export interface WiredIncoming {
  readonly plugin: string;
  readonly service: string;
  readonly settings: unknown;
  readonly incoming: Incoming<unknown>;
}

/** The configuration as it runs: checked, with defaults filled in. */
export interface Wiring {
  readonly plugins: ReadonlyMap<string, WiredPlugin>;
  /** Action name → plugin name. */
  readonly actions: ReadonlyMap<string, string>;
  readonly contracts: ReadonlyMap<string, Action>;
  /** Signal → its contract, and the plugins that receive it. */
  readonly signals: ReadonlyMap<string, { readonly contract: Signal; readonly receivers: readonly string[] }>;
  /** Filter → its contract, and the plugins that it asks, in order. */
  readonly filters: ReadonlyMap<string, { readonly contract: Filter; readonly steps: readonly string[] }>;
  readonly flows: ReadonlyMap<string, { readonly contract: FlowContract; readonly policy: unknown }>;
  readonly incoming: ReadonlyMap<string, WiredIncoming>;
  readonly retry: RetryLimits;
  /** The limits of each Service; none where a test wires by hand. */
  readonly services?: ReadonlyMap<string, ServiceLimits>;
  /** Whether money steps may be steered by somebody whom our API does not vouch for. */
  readonly moneyByUnverified: boolean;
}
