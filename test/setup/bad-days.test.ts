import { spawnSync } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { createDatabase } from '../../tools/servers/mysql.ts';
import { secrets } from '../peers/world.ts';

const NOWHERE = '127.0.0.1:1';

const environment = async (): Promise<Record<string, string>> => ({
  PATH: process.env['PATH'] ?? '',
  MYSQL_URL: await createDatabase(
    process.env['CC_TEST_MYSQL'] ?? '',
    `t_${randomUUID().replaceAll('-', '')}`,
  ),
  REDIS_URL: process.env['CC_TEST_REDIS'] ?? '',
  TEMPORAL_ADDRESS: process.env['CC_TEST_TEMPORAL'] ?? '',
  CC_BUNDLE: process.env['CC_TEST_BUNDLE'] ?? '',
  STRIPE_URL: `http://${NOWHERE}`,
  STRIPE_SECRET_KEY: secrets.stripe.secretKey,
  STRIPE_PUBLISHABLE_KEY: secrets.stripe.publishableKey,
  STRIPE_WEBHOOK_SECRETS: 'whsec_test',
  LMS_URL: `http://${NOWHERE}`,
  LMS_CLIENT_ID: 'id',
  LMS_CLIENT_SECRET: 'secret',
  DISCOVERY_URL: `http://${NOWHERE}`,
  SANCTIONS_URL: `http://${NOWHERE}`,
  SANCTIONS_API_KEY: 'key',
  ORDERS_URL: `http://${NOWHERE}`,
  ORDERS_TOKEN: 'token',
  SMTP_URL: `smtp://${NOWHERE}`,
});

interface End {
  readonly code: number | null;
  /** The fatal lines, each a message for a person. */
  readonly said: readonly string[];
  readonly raw: string;
}

const startWorker = (env: Record<string, string>): End => {
  const { status, stdout, stderr } = spawnSync(process.execPath, ['activities/main.ts'], {
    env,
    encoding: 'utf8',
    timeout: 50_000,
  });
  const lines = stdout.split('\n').filter((line) => line.startsWith('{'));
  const said = lines
    .map((line) => JSON.parse(line) as { level: number; msg: string })
    .filter(({ level }) => level >= 60);
  return { code: status, said: said.map(({ msg }) => msg), raw: stdout + stderr };
};

describe('a worker that cannot start says why in one message, and exits with 1:', () => {
  it('no MySQL', async () => {
    const end = startWorker({ ...(await environment()), MYSQL_URL: `mysql://root@${NOWHERE}/none` });
    expect(end).toMatchObject({ code: 1, said: [expect.stringContaining('MYSQL_URL')] });
  });

  it('no Temporal', async () => {
    const end = startWorker({ ...(await environment()), TEMPORAL_ADDRESS: NOWHERE });
    expect(end).toMatchObject({ code: 1, said: [expect.stringContaining(`TEMPORAL_ADDRESS=${NOWHERE}`)] });
  });

  it('no environment: every missing name at once, and no value of those that are there', async () => {
    const end = startWorker({ PATH: process.env['PATH'] ?? '', REDIS_URL: 'not-an-address-but-a-secret' });
    expect(end.code).toBe(1);
    expect(end.said).toHaveLength(1);
    for (const name of ['MYSQL_URL', 'REDIS_URL', 'TEMPORAL_ADDRESS']) expect(end.said[0]).toContain(name);
    expect(end.raw).not.toContain('not-an-address-but-a-secret');
  });

  it('a wiring file that is not there', async () => {
    const end = startWorker({ ...(await environment()), CC_CONFIG: 'config/absent.yaml' });
    expect(end).toMatchObject({ code: 1, said: [expect.stringContaining('config/absent.yaml')] });
  });

  it('no workflow bundle', async () => {
    const end = startWorker({ ...(await environment()), CC_BUNDLE: '.build/absent.js' });
    expect(end).toMatchObject({ code: 1, said: [expect.stringContaining('npm run build')] });
  });
});
