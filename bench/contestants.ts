import { randomUUID } from 'node:crypto';
import { type Client, WithStartWorkflowOperation, type WorkflowStartOptions } from '@temporalio/client';
import { createFlowAnswers } from '../api/flow-answer.ts';
import { issueDevToken } from '../api/http/auth.ts';
import { createStartFlow } from '../api/start-flow.ts';
import { openTemporal } from '../api/temporal.ts';
import { createLog } from '../config/clients.ts';
import { type Journal, openJournal } from '../journal/connect.ts';
import { deliver } from '../journal/deliver.ts';
import { readRecorded, recordEvent } from '../journal/inbox.ts';
import { DEV_SECRET, type Processes } from './processes.ts';

/** Runs one flow from its start to its end, and answers its id. Throws when the flow does anything but complete. */
export type RunFlow = () => Promise<string>;

export interface Contestants extends AsyncDisposable {
  readonly journal: Journal;
  readonly temporal: Client;
  readonly bare: { readonly reads: RunFlow; readonly purchase: RunFlow };
  readonly ours: {
    readonly reads: RunFlow;
    /** As the API does it once a request is parsed: accepted, started, answered, told, and each of it durable. */
    readonly purchase: RunFlow;
    /** The same through HTTP, with tokens, and the client secret read for the answer. */
    readonly overHttp: RunFlow;
  };
}

const ITEM = { courseRun: 'course-v1:edX+BenchX+2026', mode: 'verified' };
const PRICE = { amount: 4_900, currency: 'USD' };

let lastLearner = 100_000;
const newInput = () => ({
  purchase: randomUUID(),
  learner: String((lastLearner += 1)),
  items: [ITEM],
  expectedTotal: PRICE,
  startBefore: new Date(Date.now() + 600_000).toISOString(),
});

const expectCompleted = async (temporal: Client, id: string): Promise<string> => {
  // A flow that parks would wait for days: that is a failure here.
  const result: unknown = await temporal.withDeadline(Date.now() + 90_000, () =>
    temporal.workflow.getHandle(id).result(),
  );
  if ((result as { status?: unknown }).status === 'completed') return id;
  throw new Error(`${id} ended with ${JSON.stringify(result)}`);
};

const readsOn =
  (temporal: Client, taskQueue: string): RunFlow =>
  async () => {
    const workflowId = `reads:${randomUUID()}`;
    await temporal.workflow.start('reads', { workflowId, taskQueue, args: [newInput()] });
    return expectCompleted(temporal, workflowId);
  };

const barePurchase =
  (temporal: Client, taskQueue: string): RunFlow =>
  async () => {
    const workflowId = `bare:${randomUUID()}`;
    const options: WorkflowStartOptions & { workflowIdConflictPolicy: 'USE_EXISTING' } = {
      workflowId,
      taskQueue,
      args: [newInput()],
      workflowIdConflictPolicy: 'USE_EXISTING',
    };
    await temporal.workflow.executeUpdateWithStart<never, unknown, []>('answer', {
      updateId: 'answer',
      startWorkflowOperation: new WithStartWorkflowOperation('purchase', options) as never,
    });
    const told = { id: randomUUID(), name: 'payment.returned' };
    await temporal.workflow
      .getHandle(workflowId)
      .executeUpdate('message', { updateId: told.id, args: [told] });
    return expectCompleted(temporal, workflowId);
  };

const ourPurchase = (journal: Journal, temporal: Client, queuePrefix: string): RunFlow => {
  const log = createLog('bench', 'silent');
  const startFlow = createStartFlow({
    journal,
    answers: createFlowAnswers(temporal, queuePrefix),
    log,
    answerWithinMs: 60_000,
    leaseMs: 60_000,
  });
  return async () => {
    const input = newInput();
    const { learner } = input;
    const id = `purchase:${input.purchase}`;
    const started = await startFlow({
      request: { principal: `user:${learner}`, key: randomUUID(), digest: '00'.repeat(32) },
      flow: { id, type: 'purchase', learner, input },
      claims: [`${learner}|${ITEM.courseRun}|${ITEM.mode}`],
    });
    if (started.kind !== 'answered') throw new Error(`${id} was not answered: ${JSON.stringify(started)}`);
    const event = { source: 'bench', id: randomUUID() };
    const said = { flow: id, message: 'payment.returned', data: {}, digest: '00'.repeat(32) };
    await recordEvent(journal, { ...event, ...said, state: 'waiting' });
    const message = await readRecorded(journal, event.source, event.id);
    if (!message) throw new Error(`The message to ${id} is gone.`);
    await deliver({ journal, temporal, log }, message);
    return expectCompleted(temporal, id);
  };
};

const overHttp =
  (temporal: Client, url: string): RunFlow =>
  async () => {
    const userId = newInput().learner;
    const token = await issueDevToken(DEV_SECRET, {
      userId,
      username: `user-${userId}`,
      roles: ['learner'],
    });
    const post = async (path: string, body: object): Promise<{ readonly id?: string }> => {
      const response = await fetch(url + path, {
        method: 'POST',
        headers: {
          authorization: `Bearer ${token}`,
          'idempotency-key': randomUUID(),
          'content-type': 'application/json',
        },
        body: JSON.stringify(body),
      });
      const text = await response.text();
      if (!response.ok) throw new Error(`POST ${path} answered ${response.status}: ${text}`);
      return JSON.parse(text) as { id?: string };
    };
    const { id = '' } = await post('/v1/flows/purchase', { items: [ITEM], expectedTotal: PRICE });
    await post(`/v1/flows/${id}/messages/payment.returned`, {});
    return expectCompleted(temporal, id);
  };

/** Who runs against whom, all from this process. */
export const openContestants = ({ servers, mysqlUrl, queuePrefix, api }: Processes): Contestants => {
  const temporal = openTemporal(servers.temporal.address, 'default');
  const journal = openJournal(mysqlUrl, { connections: 20 });
  return {
    journal,
    temporal,
    bare: {
      reads: readsOn(temporal, `${queuePrefix}bare`),
      purchase: barePurchase(temporal, `${queuePrefix}bare`),
    },
    ours: {
      reads: readsOn(temporal, `${queuePrefix}flows`),
      purchase: ourPurchase(journal, temporal, queuePrefix),
      overHttp: overHttp(temporal, String(api.ready['url'])),
    },
    async [Symbol.asyncDispose]() {
      await temporal.connection.close();
      await journal.close();
    },
  };
};
