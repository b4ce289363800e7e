import { type NativeConnection, Worker, type WorkerOptions } from '@temporalio/worker';
import type { DataConverter } from '@temporalio/common';
import type { Wiring } from '../config/wiring.ts';
import type { Journal } from '../journal/connect.ts';
import { asActivities } from './as-activities.ts';
import { createFlowSteps } from './flow-steps.ts';
import type { Host } from './host/host.ts';
import { snapshotOf } from './snapshot.ts';

export interface WorkerDeps {
  readonly connection: NativeConnection;
  readonly namespace: string;
  readonly queuePrefix: string;
  readonly bundle: string;
  readonly journal: Journal;
  readonly wiring: Wiring;
  readonly host: Host;
  readonly steeringSecret: string | undefined;
  readonly dataConverter: DataConverter;
}

const POLLERS = { type: 'autoscaling', minimum: 1, initial: 1, maximum: 5 } as const;

/** One worker for the flows, and one for each Service, so that a Service that hangs holds up nobody else's queue. */
export const createWorkers = async (deps: WorkerDeps): Promise<readonly Worker[]> => {
  const { connection, namespace, queuePrefix, bundle, journal, wiring, host } = deps;
  const common = {
    connection,
    namespace,
    dataConverter: deps.dataConverter,
    shutdownGraceTime: '30s',
    shutdownForceTime: '40s',
  } satisfies Partial<WorkerOptions>;
  const flows = Worker.create({
    ...common,
    taskQueue: `${queuePrefix}flows`,
    workflowBundle: { codePath: bundle },
    // Without a cap the cache grows with the machine's memory, not with the container's.
    maxCachedWorkflows: 500,
    activities: {
      ...createFlowSteps({ journal, wiring, steeringSecret: deps.steeringSecret }),
      wiring: async (flow: string) => snapshotOf(wiring, flow, queuePrefix),
    },
  });
  const services = [...new Set([...wiring.plugins.values()].map(({ plugin }) => plugin.service))].map(
    (service) =>
      Worker.create({
        ...common,
        taskQueue: queuePrefix + service,
        activities: asActivities(host, wiring, service),
        maxConcurrentActivityTaskExecutions: 50,
        activityTaskPollerBehavior: POLLERS,
      }),
  );
  return Promise.all([flows, ...services]);
};
