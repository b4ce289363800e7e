import { startPeers } from './all.ts';

// A process has no memory of the orders that it named in an earlier life, but our journal has.
const firstOrder = 100_001 + (Math.floor(Date.now() / 1000) % 800_000);
const peers = await startPeers({ firstOrder });

const { stripe, lms, discovery, sanctions, orders, smtp } = peers;
const urls = Object.fromEntries(
  [stripe, lms, discovery, sanctions, orders, smtp].map(({ name, url }) => [name, url]),
);
process.stdout.write(`${JSON.stringify({ ready: true, urls, env: peers.env })}\n`);

const end = () => void peers.stop().then(() => process.exit(0));
process.once('SIGTERM', end);
process.once('SIGINT', end);
