import { Client, Connection } from '@temporalio/client';
import { openShop } from '../harness/shop.ts';
import { createServer } from 'node:net';
it('x', async () => {
  const server = createServer(); await new Promise<void>((r) => server.listen(0, '127.0.0.1', () => r()));
  const port = (server.address() as { port: number }).port; await new Promise((r) => server.close(r));
  await using away = await openShop({ services: { STRIPE_URL: `http://127.0.0.1:${port}` } });
  const connection = await Connection.connect({ address: process.env['CC_TEST_TEMPORAL'] ?? '' });
  const learner = away.newLearner();
  const { body } = await away.buy(learner);
  console.log(JSON.stringify(body));
  await new Promise((r) => setTimeout(r, 3000));
  const h = await new Client({ connection }).workflow.getHandle(body.id).fetchHistory();
  for (const e of h.events ?? []) {
    const f = e.activityTaskTimedOutEventAttributes ?? e.activityTaskFailedEventAttributes;
    if (f) console.log(JSON.stringify(f, (k, v) => (k === 'data' ? String(Buffer.from(v)) : v), 1));
  }
  console.log(JSON.stringify(await away.story(body.id), undefined, 1));
  await connection.close();
});
