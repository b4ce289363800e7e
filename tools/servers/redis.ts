import { Redis } from 'ioredis';
import { canInstallPackages, installPackage, whyNoPackage } from './debian-package.ts';
import { findProgram } from './find-program.ts';
import { givenServer, startServer, type Server } from './start-server.ts';

export interface RedisServer extends Server {
  /** `redis://127.0.0.1:PORT` */
  readonly url: string;
}

/** Redis without persistence (it may be lost by design): the one of REDIS_URL, else one of our own. */
export async function startRedis(): Promise<RedisServer> {
  const given = process.env['REDIS_URL'];
  if (given) return givenRedis(given);
  const server = await startServer({
    name: 'Redis',
    command: await findRedis(),
    portCount: 1,
    readyWithinMs: 20_000,
    args: (folder, [port]) => [
      ...['--port', String(port), '--bind', '127.0.0.1', '--dir', folder],
      ...['--save', '', '--appendonly', 'no', '--loglevel', 'warning'],
    ],
    answers: ([port]) => ping(`redis://127.0.0.1:${port}`),
  });
  return Object.assign(server, { url: `redis://127.0.0.1:${server.port}` });
}

async function givenRedis(url: string): Promise<RedisServer> {
  try {
    await ping(url);
  } catch (error) {
    throw new Error(
      `REDIS_URL does not answer: ${(error as Error).message}. Start it, or unset REDIS_URL to have one started here.`,
      { cause: error },
    );
  }
  return Object.assign(givenServer(Number(new URL(url).port || 6379), 'REDIS_URL'), { url });
}

async function ping(url: string): Promise<void> {
  const client = new Redis(url, {
    lazyConnect: true,
    connectTimeout: 5_000,
    retryStrategy: () => null,
    maxRetriesPerRequest: 0,
  });
  let reason: Error | undefined;
  client.on('error', (error: Error) => (reason = error));
  try {
    await client.connect();
    await client.ping();
  } catch (error) {
    throw reason ?? error; // What happened on the socket, not only "Connection is closed".
  } finally {
    client.disconnect();
  }
}

const waysToProvide = [
  'Ways to provide Redis:',
  '- the address of a running one, e.g. REDIS_URL=redis://127.0.0.1:6379 (docker compose up -d redis starts one);',
  '- redis-server or valkey-server on PATH;',
  '- root on Debian or Ubuntu: it is then installed.',
].join('\n');

async function findRedis(): Promise<string> {
  const find = () => findProgram('redis-server', 'valkey-server');
  const command = find();
  if (command) return command;
  if (!canInstallPackages()) throw new Error(`No redis-server on PATH; ${whyNoPackage()}.\n${waysToProvide}`);
  try {
    await installPackage('redis-server', () => find() !== undefined);
  } catch (error) {
    throw new Error(`redis-server could not be installed: ${(error as Error).message}\n${waysToProvide}`, {
      cause: error,
    });
  }
  return find() ?? 'redis-server';
}
