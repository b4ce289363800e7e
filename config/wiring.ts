import type { Action, FlowContract } from '../contracts/define.ts';
import type { Incoming, ServicePlugin } from '../plugins/sdk/plugin.ts';

/** How long one call may take. The client's time-out is shorter than start-to-close, which is shorter than the lease. */
export interface CallLimits {
  readonly timeoutMs: number;
  readonly startToCloseMs: number;
  readonly leaseMs: number;
  /** An "absent" of a look-up counts when it was said twice, this far apart. */
  readonly settleMs: number;
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
  readonly flows: ReadonlyMap<string, { readonly contract: FlowContract; readonly policy: unknown }>;
  readonly incoming: ReadonlyMap<string, WiredIncoming>;
  readonly retry: RetryLimits;
  /** Whether money steps may be steered by somebody whom our API does not vouch for. */
  readonly moneyByUnverified: boolean;
}
