import { randomUUID } from 'node:crypto';
import { Redis } from 'ioredis';
import { z } from 'zod';
import { createGuard, createHost } from '../../activities/host/host.ts';
import type { ServiceLimits, WiredPlugin, Wiring } from '../../config/wiring.ts';
import type { Journal } from '../../journal/connect.ts';
import type { ServicePlugin } from '../../plugins/sdk/plugin.ts';
import { doThing } from '../host/toy-host.ts';

const GENTLE: ServiceLimits = {
  concurrency: 10,
  rate: undefined,
  breaker: { windowMs: 10_000, minimum: 3, failureRatio: 0.5, openForMs: 150 },
};

const http = (call: unknown) => (call as { http: { json: (...args: unknown[]) => Promise<unknown> } }).http;
const toyPlugin = (url: string): ServicePlugin =>
  ({
    name: 'toy',
    service: 'toy',
    settings: z.unknown(),
    actions: {
      'toy.do': {
        run: (_input: unknown, call: { key: string }) =>
          http(call).json(z.unknown(), { method: 'POST', url: `${url}/do?key=${call.key}` }),
        onDoubt: {
          lookup: async (_input: unknown, call: unknown) => {
            const done = z.object({ count: z.int() });
            const { count } = done.parse(await http(call).json(done, { method: 'GET', url: `${url}/done` }));
            return count > 0 ? { found: { thing: 'done' } } : 'absent';
          },
        },
      },
    },
  }) as unknown as ServicePlugin;

export const connectRedis = async (url = process.env['CC_TEST_REDIS'] ?? ''): Promise<Redis> => {
  const options = { lazyConnect: true, enableOfflineQueue: false, maxRetriesPerRequest: 1 };
  const redis = new Redis(url, { ...options, commandTimeout: 1_000 });
  redis.on('error', () => undefined);
  await redis.connect().catch(() => undefined);
  return redis;
};

/** What one process is made of, with the toy as its only Service. */
export const startToy = async (options: {
  journal: Journal;
  /** Of the guard alone. */
  guardsJournal?: Journal;
  redis: Redis;
  url?: string;
  limits?: Partial<ServiceLimits>;
  scope?: string;
}) => {
  const { journal, guardsJournal = journal, redis, url = '', limits, scope = randomUUID() } = options;
  const lines: string[] = [];
  const note = (facts: object, text: string) => void lines.push(`${text} ${JSON.stringify(facts)}`);
  const log = { info: note, warn: note };
  const guard = await createGuard({
    ...{ journal: guardsJournal, redis, scope, log },
    services: new Map([['toy', { ...GENTLE, ...limits }]]),
    pausesEveryMs: 50,
  });
  const wired: WiredPlugin = {
    name: 'toy',
    plugin: toyPlugin(url),
    settings: {},
    limits: { timeoutMs: 200, startToCloseMs: 400, leaseMs: 600, settleMs: 50 },
    queue: 'toy',
  };
  const wiring: Wiring = {
    plugins: new Map([['toy', wired]]),
    actions: new Map([['toy.do', 'toy']]),
    contracts: new Map([['toy.do', doThing]]),
    flows: new Map(),
    incoming: new Map(),
    signals: new Map(),
    filters: new Map(),
    moneyByUnverified: false,
    retry: { firstMs: 1, maxMs: 10, whileWaitingMs: 1_000, afterwardsMs: 1_000, parkedEveryMs: 100 },
  };
  const enter = () => guard.enter({ service: 'toy', withinMs: 500, abort: new AbortController().signal });
  return { guard, lines, enter, host: createHost({ journal, wiring, log, guard }) };
};

/** The code of what this rejects with, and when to come back. */
export const refusalOf = async (work: Promise<unknown>): Promise<{ code: string; afterMs: number }> => {
  const error = await work.then(
    () => new Error('It was let in.'),
    (thrown: unknown) => thrown,
  );
  const { cause } = error as Error;
  const { code, afterMs = 0 } = (cause ?? error) as { code?: string; afterMs?: number };
  return { code: code ?? String(error), afterMs };
};
