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
  /** Of `chooseQueues`. */
  readonly queues: ReadonlySet<string>;
  readonly steeringSecret: string | undefined;
  readonly dataConverter: DataConverter;
}

/**
 * Which queues this process serves: all, or those of a list such as `stripe,lms` or `flows`. Throws when the list names
 * something else.
 */
export const chooseQueues = (wiring: Wiring, list: string | undefined): ReadonlySet<string> => {
  const known = ['flows', ...new Set([...wiring.plugins.values()].map(({ queue }) => queue))];
  if (list === undefined) return new Set(known);
  const asked = list.split(',').map((name) => name.trim());
  const unknown = asked.filter((name) => !known.includes(name));
  if (unknown.length === 0) return new Set(asked);
  throw new Error(
    `--services: nothing is called ${unknown.map((name) => `'${name}'`).join(', ')}. Known: ${known.join(', ')}. Give a comma-separated list of them, or leave it out for all`,
  );
};

const POLLERS = { type: 'autoscaling', minimum: 1, initial: 1, maximum: 5 } as const;

/** One worker for the flows, and one for each Service that this process serves, so that a Service that hangs holds up nobody else's queue. */
export const createWorkers = async (deps: WorkerDeps): Promise<readonly Worker[]> => {
  const { connection, namespace, queuePrefix, bundle, journal, wiring, host, queues } = deps;
  const common = {
    connection,
    namespace,
    dataConverter: deps.dataConverter,
    shutdownGraceTime: '30s',
    shutdownForceTime: '40s',
  } satisfies Partial<WorkerOptions>;
  const flows = (): Promise<Worker> =>
    Worker.create({
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
  const ofService = (service: string): Promise<Worker> =>
    Worker.create({
      ...common,
      taskQueue: queuePrefix + service,
      activities: asActivities(host, wiring, service),
      // What is more than the Service may be asked for at once waits in its queue, and nobody need refuse it.
      maxConcurrentActivityTaskExecutions: wiring.services?.get(service)?.concurrency ?? 50,
      activityTaskPollerBehavior: POLLERS,
    });
  return Promise.all([...queues].map((queue) => (queue === 'flows' ? flows() : ofService(queue))));
};
