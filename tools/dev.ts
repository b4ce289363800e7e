import { addresses } from './demo/addresses.ts';
import { followLogs } from './demo/follow-logs.ts';
import { openDemoShop } from './demo/open-shop.ts';
import { runAndStop } from './demo/run-and-stop.ts';
import { tryIt } from './demo/try-it.ts';

// `npm run dev`: a whole shop that keeps running until Ctrl-C, on private ports, with data that is thrown away.
await runAndStop(async (started) => {
  console.log('Starting MySQL, Redis, Temporal, the Services, the API and a worker …');
  const shop = await openDemoShop(started, { port: Number(process.env['PORT'] ?? 0) });
  console.log(`Ready.\n${addresses(shop).join('\n')}\n\n${await tryIt(shop)}`);
  const { api, workers } = shop.coordinator;
  const ended = await Promise.race([
    started.interrupted,
    followLogs({ api, ...Object.fromEntries(workers.map((worker) => ['worker', worker])) }),
  ]);
  if (ended) throw new Error(`The ${ended} ended by itself: see the lines above, then start again.`);
  return 0;
});
