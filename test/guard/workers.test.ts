import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pauseService, resumeService } from '../../journal/services.ts';
import { writeWiring } from '../../tools/coordinator/wiring-file.ts';
import { projectRoot } from '../../tools/project-root.ts';
import { startRedis, type RedisServer } from '../../tools/servers/redis.ts';
import { type GuardedShop, meanPerSecond, openGuardedShop, peakPerSecond } from './guarded-shop.ts';

const RATE = 6;
let shop: GuardedShop;
let redis: RedisServer;
beforeAll(async () => {
  redis = await startRedis();
  shop = await openGuardedShop({
    redisUrl: redis.url,
    wiring: {
      retry: { first: '50ms', max: '500ms', whileWaiting: '60s', afterwards: '60s', parkedEvery: '1s' },
      limits: { processes: 3 },
      plugins: { sanctions: { limits: { ratePerSecond: RATE } } },
    },
  });
}, 120_000);
afterAll(async () => {
  await shop[Symbol.asyncDispose]();
  await redis.stop();
});

/** Lets so many purchases ask for a screen at once; answers the calls that reached the Service. */
const screens = async (count: number) => {
  const { requests } = shop.peers.sanctions;
  const before = requests.count();
  await Promise.all(Array.from({ length: count }, () => shop.buy()));
  const end = performance.now() + 30_000;
  while (requests.count() < before + count && performance.now() < end)
    await new Promise((done) => setTimeout(done, 100));
  return requests.all().slice(before);
};

describe('two worker processes', () => {
  it('share the rate of a Service, and without Redis each keeps to its share', async () => {
    const calls = await screens(18);
    expect(calls).toHaveLength(18);
    const shared = { peak: peakPerSecond(calls), mean: meanPerSecond(calls) };
    // A window of one second begins with its first call, so that the end of one may meet the begin of the next.
    expect(shared.peak).toBeLessThanOrEqual(RATE * 2);
    expect(shared.mean).toBeLessThanOrEqual(RATE * 1.25);

    await redis.kill();
    const alone = await screens(10);
    expect(alone).toHaveLength(10);
    const share = { peak: peakPerSecond(alone), mean: meanPerSecond(alone) };
    // Two of three processes are workers: 2 + 2 a second.
    expect(share.peak).toBeLessThanOrEqual(8);
    expect(share.mean).toBeLessThanOrEqual(4 * 1.25);
    process.stderr.write(`rate ${RATE}: ${JSON.stringify({ shared, share })}\n`);
    await redis.restart();
  }, 90_000);

  it('leave a paused Service alone, and go on when it is resumed', async () => {
    const who = { service: 'sanctions', actor: 'ada', reason: 'their maintenance' };
    await pauseService(shop.journal, who);
    await new Promise((done) => setTimeout(done, 2_500));
    const before = shop.peers.sanctions.requests.count();
    const bought = await shop.buy();
    expect(shop.peers.sanctions.requests.count()).toBe(before);
    await resumeService(shop.journal, { ...who, reason: 'it is over' });
    await shop.until([bought], 'paying', 20_000);
    expect(shop.peers.sanctions.requests.count()).toBe(before + 1);
  });
});

describe('a worker process', () => {
  const start = async (...args: readonly string[]) => {
    const folder = mkdtempSync(join(tmpdir(), 'cc-guard-'));
    const child = spawn(process.execPath, ['activities/main.ts', ...args], {
      cwd: projectRoot(),
      env: {
        ...{ PATH: process.env['PATH'] ?? '', HOME: process.env['HOME'] ?? '' },
        ...shop.peers.env,
        MYSQL_URL: shop.mysqlUrl,
        REDIS_URL: redis.url,
        TEMPORAL_ADDRESS: process.env['CC_TEST_TEMPORAL'] ?? '',
        CC_CONFIG: writeWiring(folder, {}),
        CC_BUNDLE: join(folder, 'no-bundle.js'),
        TASK_QUEUE_PREFIX: 'picked-',
      },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let said = '';
    const ready = new Promise<void>((done) => {
      for (const stream of [child.stdout, child.stderr]) {
        stream.on('data', (text: Buffer) => {
          said += text.toString();
          if (said.includes('worker ready')) done();
        });
      }
    });
    const ended = new Promise<number | null>((done) => child.once('close', done));
    await Promise.race([ready, ended]);
    child.kill('SIGTERM');
    const code = await ended;
    rmSync(folder, { recursive: true, force: true });
    return { code, said };
  };

  it('refuses to serve what there is not, and names what there is', async () => {
    const { code, said } = await start('--services', 'stripe,lmss');
    expect(code).toBe(1);
    expect(said).toContain(`nothing is called 'lmss'. Known: flows, `);
    expect(said).toMatch(/Known: flows,[^.]*lms/);
  });

  it('serves the queues that it is told to, and needs no bundle without the flows', async () => {
    const both = await start('--services', 'stripe,lms');
    expect(both.said).toContain('"queues":["picked-stripe","picked-lms"]');
  });
});
