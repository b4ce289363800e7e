import { Connection } from '@temporalio/client';
import { addresses, flowPage } from './demo/addresses.ts';
import { judge, ledgerTable } from './demo/judge.ts';
import { makePurchase, type MadeFlow } from './demo/make-purchase.ts';
import { type DemoShop, openDemoShop } from './demo/open-shop.ts';
import { PURCHASES } from './demo/purchases.ts';
import { runAndStop } from './demo/run-and-stop.ts';

// `npm run demo [-- --keep]`: three purchases on real parts, judged by the Services' own ledgers.
const keep = process.argv.includes('--keep');

await runAndStop(async (started) => {
  const beganAt = Date.now();
  console.log('Starting MySQL, Redis, Temporal, the Services, the API and a worker …');
  const shop = await openDemoShop(started);
  const connection = await Connection.connect({ address: shop.servers.temporal.address });
  started.add({ stop: () => connection.close() });
  console.log(`Ready after ${secondsSince(beganAt)} s.\n${addresses(shop).join('\n')}`);

  const made: MadeFlow[] = [];
  for (const planned of PURCHASES) {
    console.log(`\n${made.length + 1}. ${planned.title}`);
    made.push(await makePurchase(shop, connection, planned));
  }
  const wrong = judge(made, await violationsOf(shop));
  console.log(`\nWhat the Services hold afterwards, by their own ledgers:\n${ledgerTable(made).join('\n')}`);
  console.log(`violations: ${wrong.length === 0 ? 'none' : `\n  ${wrong.join('\n  ')}`}`);
  if (wrong.length > 0) throw new Error('The demonstration failed: the lines above are not as they must be.');

  const pages = made.map((flow, index) => `  ${index + 1}. ${flowPage(shop, flow) ?? flow.id}`);
  console.log(`\nThe three flows in the Temporal UI:\n${pages.join('\n')}`);
  console.log(`\nAll as it must be, after ${secondsSince(beganAt)} s.`);
  if (keep) {
    console.log('Everything keeps running until Ctrl-C.');
    await started.interrupted;
    return 0;
  }
  console.log(
    'Everything stops now: `npm run demo -- --keep` leaves it running, `npm run dev` starts a shop of your own.',
  );
  return 0;
});

function secondsSince(from: number): string {
  return ((Date.now() - from) / 1_000).toFixed(1);
}

async function violationsOf({ coordinator }: DemoShop): Promise<readonly unknown[]> {
  const token = await coordinator.token({ userId: '1', roles: ['operator'] });
  const response = await fetch(`${coordinator.url}/v1/ops/violations`, {
    headers: { authorization: `Bearer ${token}` },
  });
  if (!response.ok) throw new Error(`GET /v1/ops/violations answered ${response.status}.`);
  return ((await response.json()) as { violations: readonly unknown[] }).violations;
}
