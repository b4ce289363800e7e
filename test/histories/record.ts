import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { Client, Connection } from '@temporalio/client';
import { type History, historyToJSON } from '@temporalio/common/lib/proto-utils.js';
import { startServers } from '../../tools/servers/all.ts';
import { projectRoot } from '../../tools/project-root.ts';
import { boundariesOf, closedRun, resetAt } from '../harness/reset.ts';
import { type Begun, openShop, type Shop } from '../harness/shop.ts';

// `npm run record-histories`: plays every path of the flows against real servers and keeps Temporal's histories, which
// `replay.test.ts` holds today's code to. Run it when a flow changes on purpose, and read the difference.

const GRANT = { method: 'POST', path: '/api/enrollment/v1/enrollment' } as const;

/** Plays one path of a purchase and answers it once it has ended. */
type Path = (shop: Shop, temporal: Client) => Promise<Pick<Begun, 'id'>>;

const paid = async (shop: Shop): Promise<Begun> => {
  const bought = await shop.begin();
  await shop.pay(bought.answer);
  return bought;
};
const ended = async (shop: Shop, bought: Begun): Promise<Begun> => {
  await shop.ending(bought);
  return bought;
};

const PATHS: Readonly<Record<string, Path>> = {
  completed: async (shop) => ended(shop, await paid(shop)),
  'completed-free': async (shop) => {
    const learner = shop.newLearner();
    const course = 'course-v1:edX+FreeX+2026';
    const { body } = await shop.buy(learner, { course, total: { amount: 0, currency: 'USD' } });
    await shop.ending({ id: body.id, learner });
    return { id: body.id };
  },
  'declined-price': async (shop) => {
    const learner = shop.newLearner();
    const { body } = await shop.buy(learner, { total: { amount: 1, currency: 'USD' } });
    await shop.ending({ id: body.id, learner });
    return { id: body.id };
  },
  canceled: async (shop) => {
    const bought = await shop.begin();
    await shop.say(bought, 'purchase.cancel');
    return ended(shop, bought);
  },
  expired: async (shop) => ended(shop, await shop.begin()),
  'canceled-in-temporal': async (shop, temporal) => {
    const bought = await shop.begin();
    await temporal.workflow.getHandle(bought.id).cancel();
    return ended(shop, bought);
  },
  refunded: async (shop) => {
    shop.peers.lms.faults.arm({ match: GRANT, kind: 'status', status: 403 });
    return ended(shop, await paid(shop));
  },
  'parked-then-completed': async (shop) => {
    const outage = shop.peers.lms.faults.arm({ match: GRANT, kind: 'status', status: 503, times: 'always' });
    const bought = await paid(shop);
    await shop.until(bought, ['needs-attention']);
    shop.peers.lms.faults.clear();
    if (outage.observed === 0) throw new Error('The LMS was never away.');
    return ended(shop, bought);
  },
  abandoned: async (shop) => {
    shop.peers.lms.faults.arm({ match: GRANT, kind: 'status', status: 503, times: 'always' });
    const bought = await paid(shop);
    await shop.until(bought, ['needs-attention']);
    const { park } = await shop.story(bought.id);
    const body = { park, reason: 'recorded' };
    await shop.call('POST', `/v1/ops/flows/${bought.id}/abandon`, { roles: ['operator'], body });
    shop.peers.lms.faults.clear();
    return ended(shop, bought);
  },
  'gave-up': async (shop) => {
    const path = '/v1/orders$';
    shop.peers.orders.faults.arm({
      match: { method: 'POST', path },
      kind: 'status',
      status: 503,
      times: 'always',
    });
    const learner = shop.newLearner();
    const { body } = await shop.buy(learner);
    await shop.ending({ id: body.id, learner });
    shop.peers.orders.faults.clear();
    return { id: body.id };
  },
  reset: async (shop, temporal) => {
    const bought = await ended(shop, await paid(shop));
    const { runId } = await temporal.workflow.getHandle(bought.id).describe();
    const [first = 0] = await boundariesOf(temporal, bought.id, runId);
    const fresh = await resetAt(temporal, { workflowId: bought.id, runId }, first);
    await closedRun(temporal, { workflowId: bought.id, runId: fresh });
    return bought;
  },
};

/**
 * A replay takes the run's id from `originalExecutionRunId`, which a Reset copies from the run that it resets. With its
 * true id the replayed run knows, as it did when it ran, that it is a Reset.
 */
const asItRan = (history: History, runId: string): History => {
  const started = history.events?.[0]?.workflowExecutionStartedEventAttributes;
  if (started) started.originalExecutionRunId = runId;
  return history;
};

const record = async (): Promise<void> => {
  await using servers = await startServers();
  process.env['CC_TEST_MYSQL'] = servers.mysql.url;
  process.env['CC_TEST_REDIS'] = servers.redis.url;
  process.env['CC_TEST_TEMPORAL'] = servers.temporal.address;
  await using shop = await openShop({ policy: { payWithin: '6s' } });
  const connection = await Connection.connect({ address: servers.temporal.address });
  const temporal = new Client({ connection });
  const folder = join(projectRoot(), 'test/histories/purchase');
  mkdirSync(folder, { recursive: true });
  for (const [name, play] of Object.entries(PATHS)) {
    const { id } = await play(shop, temporal);
    // The journal is told before the workflow closes.
    await pause(300);
    const history = await temporal.workflow.getHandle(id).fetchHistory();
    const { runId } = await temporal.workflow.getHandle(id).describe();
    // Stack traces name the folder that they were recorded in.
    const text = historyToJSON(asItRan(history, runId)).replaceAll(projectRoot(), '.');
    writeFileSync(join(folder, `${name}.json`), `${text}\n`);
    process.stdout.write(`${name}: ${history.events?.length} events\n`);
  }
  await connection.close();
};

if (process.argv[1]?.endsWith('record.ts')) await record();
