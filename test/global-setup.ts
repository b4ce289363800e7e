import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { buildBundle } from '../tools/build-bundle.ts';
import { projectRoot } from '../tools/project-root.ts';
import { startServers, type Servers } from '../tools/servers/all.ts';

/** jest loads set-up and teardown apart; this is where they meet. */
export const meetingPlace = globalThis as { ccTestServers?: Servers };

/** Once per run of jest: the servers and the bundle of the Flows; tests find them in the environment. */
export default async function startForTests(): Promise<void> {
  const hasFlows = existsSync(join(projectRoot(), 'workflows/index.ts'));
  const [servers, bundle] = await Promise.all([startServers(), hasFlows ? buildBundle() : undefined]);
  meetingPlace.ccTestServers = servers;
  process.env['CC_TEST_MYSQL'] = servers.mysql.url;
  process.env['CC_TEST_REDIS'] = servers.redis.url;
  process.env['CC_TEST_TEMPORAL'] = servers.temporal.address;
  if (bundle) process.env['CC_TEST_BUNDLE'] = bundle;
}
