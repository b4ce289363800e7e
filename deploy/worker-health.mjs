// Healthy means: Temporal has seen this very worker ask for flows within the last two minutes.
import { hostname } from 'node:os';
import { Connection } from '@temporalio/client';

const { TEMPORAL_ADDRESS, TEMPORAL_NAMESPACE = 'default', TASK_QUEUE_PREFIX = '' } = process.env;
const TASK_QUEUE_TYPE_WORKFLOW = 1;
const LONG_POLL_MS = 120_000;

const isSeen = async () => {
  const connection = await Connection.connect({ address: TEMPORAL_ADDRESS, connectTimeout: 5_000 });
  try {
    const { pollers } = await connection.workflowService.describeTaskQueue({
      namespace: TEMPORAL_NAMESPACE,
      taskQueue: { name: `${TASK_QUEUE_PREFIX}flows` },
      taskQueueType: TASK_QUEUE_TYPE_WORKFLOW,
    });
    // The SDK calls itself `<process id>@<host name>`.
    return pollers.some(
      ({ identity, lastAccessTime }) =>
        identity?.endsWith(`@${hostname()}`) &&
        Date.now() - Number(lastAccessTime?.seconds ?? 0) * 1_000 < LONG_POLL_MS,
    );
  } finally {
    await connection.close();
  }
};

try {
  if (await isSeen()) process.exit(0);
  process.stderr.write(`Temporal has seen no worker of ${hostname()} on ${TASK_QUEUE_PREFIX}flows lately.\n`);
} catch (error) {
  process.stderr.write(`Temporal (${TEMPORAL_ADDRESS}) does not answer: ${error.message}\n`);
}
process.exit(1);
