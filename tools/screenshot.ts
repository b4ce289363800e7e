import { openBrowser } from './browser/open-browser.ts';
import { type Bought, looks } from './browser/looks.ts';
import { createLooker } from './browser/temporal-ui.ts';
import { ENDED, openMfe } from './demo/mfe.ts';
import { type DemoShop, openDemoShop } from './demo/open-shop.ts';
import { runAndStop } from './demo/run-and-stop.ts';

// `npm run screenshot [-- folder]`: what an operator sees in the Temporal UI of a purchase that ended and of one that is
// parked; pictures of it, and an error where the business cannot be read there.
const folder = process.argv[2] ?? '.build/screenshots';
const DEMO = { courseRun: 'course-v1:edX+DemoX+2026', price: { amount: 4_900, currency: 'USD' } } as const;

await runAndStop(async (started) => {
  console.log('Starting MySQL, Redis, Temporal, the Services, the API, a worker and a browser …');
  const browser = started.add(await openBrowser());
  const shop = await openDemoShop(started, {
    // It gives up on the LMS after a moment, and then stays parked for the picture.
    wiring: {
      retry: { first: '300ms', max: '500ms', whileWaiting: '5s', afterwards: '2s', parkedEvery: '1h' },
    },
  });
  const uiUrl = shop.servers.temporal.uiUrl;
  if (!uiUrl) throw new Error('A Temporal given by TEMPORAL_ADDRESS has a UI that is not ours: unset it.');
  const done = await buy(shop, '1001', ENDED);
  shop.peers.lms.faults.arm({
    match: { method: 'POST', path: '/api/enrollment/v1/enrollment' },
    kind: 'status',
    times: 'always',
  });
  const parked = await buy(shop, '1002', ['needs-attention']);
  const look = createLooker(await browser.newPage(), uiUrl, folder);
  for (const one of looks(done, parked)) await look(one);
  return 0;
});

async function buy(shop: DemoShop, learner: string, until: readonly string[]): Promise<Bought> {
  const mfe = openMfe(shop, learner);
  const begun = await mfe.start({ ...DEMO, learner });
  await mfe.pay(begun);
  const seen = await mfe.until(begun.id, until);
  if (!seen.order) throw new Error(`${seen.id} has no order.`);
  return { id: seen.id, order: seen.order };
}
