import { ActivityFailure, proxyActivities } from '@temporalio/workflow';
import type { Connected, Snapshot } from './engine/state.ts';

export interface SignalInput {
  readonly signal: string;
  readonly payload: unknown;
  readonly receivers: readonly Connected[];
  readonly retry: Snapshot['retry'];
  /** The flow that emitted it. */
  readonly from: { readonly id: string; readonly type: string };
}
type Receive = (payload: unknown, meta: { readonly plugin: string }) => Promise<void>;

/** Runs the Receivers of one Signal side by side, each with its own retries. Answers which of them failed for good. */
export const signal = async ({
  signal: name,
  payload,
  receivers: all,
  retry,
}: SignalInput): Promise<{ failed: string[] }> => {
  const heard = await Promise.all(
    all.map(async ({ plugin, queue, startToCloseMs }) => {
      const receivers = proxyActivities<Readonly<Record<string, Receive>>>({
        activityId: `${name} to ${plugin}`,
        taskQueue: queue,
        startToCloseTimeout: startToCloseMs,
        scheduleToCloseTimeout: retry.afterwardsMs * 24,
        retry: { initialInterval: retry.firstMs, backoffCoefficient: 2, maximumInterval: retry.maxMs },
        summary: `${name} to ${plugin}`,
      });
      try {
        await receivers[name]!(payload, { plugin });
        return undefined;
      } catch (error) {
        if (!(error instanceof ActivityFailure)) throw error;
        return plugin;
      }
    }),
  );
  return { failed: heard.filter((plugin) => plugin !== undefined) };
};
