import { randomUUID } from 'node:crypto';
import { z } from 'zod';
import { unguarded } from '../../activities/guard/guard.ts';
import { createHost, type Host } from '../../activities/host/host.ts';
import type { WiredPlugin, Wiring } from '../../config/wiring.ts';
import { action } from '../../contracts/define.ts';
import { type Journal, openJournal } from '../../journal/connect.ts';
import { migrate } from '../../journal/migrate.ts';
import type { ServicePlugin } from '../../plugins/sdk/plugin.ts';
import { createDatabase } from '../../tools/servers/mysql.ts';

/** The toy's only write. */
export const doThing = action({
  name: 'toy.do',
  effect: 'write',
  input: z.object({ thing: z.string(), amount: z.int(), note: z.string().optional() }),
  output: z.object({ thing: z.literal('done') }),
  key: ({ thing }) => thing,
  same: ({ amount }) => amount,
});

export type DoubtKind = 'look-up' | 'repeat-and-look-up' | 'park';
const LIMITS = { timeoutMs: 60, startToCloseMs: 120, leaseMs: 200, settleMs: 120 };

type Http = { json(answer: z.ZodType, request: object): Promise<unknown> };
type ToyCall = { http: Http; key: string; settings: { url: string } };

const run = (_input: unknown, { http, key, settings }: ToyCall) =>
  http.json(z.unknown(), { method: 'POST', url: `${settings.url}/do?key=${key}` });
const lookup = async (_input: unknown, { http, settings }: ToyCall) => {
  const { count } = (await http.json(z.object({ count: z.int() }), {
    method: 'GET',
    url: `${settings.url}/done`,
  })) as { count: number };
  return count > 0 ? { found: { thing: 'done' } } : 'absent';
};
const DOUBT = {
  'look-up': { lookup },
  'repeat-and-look-up': { repeatFor: '1h', lookup },
  park: 'park',
} as const;

const toyPlugin = (doubt: DoubtKind): ServicePlugin =>
  ({
    name: 'toy',
    service: 'toy',
    settings: z.unknown(),
    actions: { 'toy.do': { run, onDoubt: DOUBT[doubt] } },
  }) as unknown as ServicePlugin;

/** A database of its own for a test file. */
export const openTestJournal = async (): Promise<{ journal: Journal; url: string }> => {
  const server = process.env['CC_TEST_MYSQL'];
  if (!server)
    throw new Error('CC_TEST_MYSQL is not set: run this test by npm test, which starts the servers.');
  const url = await createDatabase(server, `t_${randomUUID().replaceAll('-', '')}`);
  await migrate(url, 'journal/migrations');
  return { journal: openJournal(url), url };
};

/** The real host on the real journal, with the toy as its only plugin. */
export const toyHost = (journal: Journal, { url, doubt }: { url: string; doubt: DoubtKind }): Host => {
  const wired: WiredPlugin = {
    name: 'toy',
    plugin: toyPlugin(doubt),
    settings: { url },
    limits: LIMITS,
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
  const quiet = { info: () => undefined, warn: () => undefined };
  return createHost({ journal, wiring, log: quiet, guard: unguarded });
};

/** One attempt, as Temporal would make it. */
export const at = (attempt: number) => ({
  meta: { plugin: 'toy' },
  caller: {
    flow: { type: 'toy', id: 'toy:1', step: 'toy.do' },
    attempt,
    abort: new AbortController().signal,
  },
});
