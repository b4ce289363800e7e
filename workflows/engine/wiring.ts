import { proxyLocalActivities } from '@temporalio/workflow';
import type { Snapshot } from './state.ts';

/** The first thing that a run does. Reads the worker's memory only: a local activity that hangs would block its slots. */
export const readWiring = (flow: string): Promise<Snapshot> =>
  proxyLocalActivities<{ wiring(flow: string): Promise<Snapshot> }>({
    startToCloseTimeout: '5s',
    retry: { initialInterval: '100ms', maximumInterval: '1s' },
  }).wiring(flow);
