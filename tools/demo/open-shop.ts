import { randomUUID } from 'node:crypto';
import { createConnection } from 'mysql2/promise';
import { startPeers, type Peers } from '../../test/peers/all.ts';
import { type Coordinator, startCoordinator } from '../coordinator/start-coordinator.ts';
import { startServers, type Servers } from '../servers/all.ts';
import type { Started } from './run-and-stop.ts';

export interface DemoShop {
  readonly servers: Servers;
  /** The Services: catalog, LMS, payment processor, order system, sanctions screening, mail. */
  readonly peers: Peers;
  readonly coordinator: Coordinator;
}

/** As in production, but a person can watch it: a Service that fails is asked again after half a second, not minutes. */
const TIMES = {
  calls: { timeout: '2s', startToClose: '5s', lease: '6s', settle: '400ms' },
  retry: { first: '500ms', max: '1s', whileWaiting: '10s', afterwards: '30s', parkedEvery: '2s' },
  flows: { purchase: { payWithin: '1h', lookEvery: '5s', screenWithin: '1h', screenEvery: '5s' } },
} as const;

export interface DemoShopOptions {
  /** Changes to the times above. */
  readonly wiring?: Readonly<Record<string, unknown>>;
  /** The API's port. Default: a free one. */
  readonly port?: number;
}

/** Starts everything that a purchase needs, on free private ports, with data of its own that is thrown away. */
export const openDemoShop = async (
  started: Started,
  { wiring = {}, port = 0 }: DemoShopOptions = {},
): Promise<DemoShop> => {
  const servers = started.add(await startServers({ ui: true }));
  // Servers that were given by their address may hold other people's databases and queues.
  const name = `demo_${randomUUID().slice(0, 8)}`;
  const mysqlUrl = await servers.mysql.createDatabase(name);
  if (process.env['MYSQL_URL']) started.add({ stop: () => dropDatabase(mysqlUrl, name) });
  const peers = started.add(await startPeers());
  const coordinator = started.add(
    await startCoordinator({
      mysqlUrl,
      redisUrl: servers.redis.url,
      temporalAddress: servers.temporal.address,
      services: peers.env,
      wiring: { ...TIMES, ...wiring },
      port,
      ...(process.env['TEMPORAL_ADDRESS'] && { queuePrefix: `${name}-` }),
    }),
  );
  peers.setWebhook(`${coordinator.url}/v1/incoming/stripe`);
  return { servers, peers, coordinator };
};

const dropDatabase = async (url: string, name: string): Promise<void> => {
  const connection = await createConnection({ uri: url, connectTimeout: 5_000 });
  try {
    await connection.query(`DROP DATABASE ${name}`);
  } finally {
    await connection.end();
  }
};
