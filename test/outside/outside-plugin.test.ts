import { execFile } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parse, stringify } from 'yaml';
import { startCoordinator } from '../../tools/coordinator/start-coordinator.ts';
import type { DemoShop } from '../../tools/demo/open-shop.ts';
import { ENDED, openMfe } from '../../tools/demo/mfe.ts';
import { projectRoot } from '../../tools/project-root.ts';
import { createDatabase } from '../../tools/servers/mysql.ts';
import { anyEnvironment, WIRING_FILE } from '../conformance/any-environment.ts';
import { COURSE, ledgersOf, NOTHING, sold } from '../harness/ledgers.ts';
import { startPeers } from '../peers/all.ts';
import { startAcme } from './acme-service.ts';

// Somewhere else on this machine: nothing of ours lies above it.
const elsewhere = mkdtempSync(join(tmpdir(), 'acme-'));
const FIXTURES = join(projectRoot(), 'test/outside/fixtures');
cpSync(join(FIXTURES, 'acme-screening'), join(elsewhere, 'screening'), { recursive: true });
cpSync(join(FIXTURES, 'acme-mail'), join(elsewhere, 'node_modules/@acme/mail'), { recursive: true });
// A copy of zod of its own, as npm may well install it: it must not be taken.
cpSync(join(projectRoot(), 'node_modules/zod'), join(elsewhere, 'node_modules/zod'), { recursive: true });
afterAll(() => rmSync(elsewhere, { recursive: true, force: true }));

const pluginsOf = (url: string, mail: string) => ({
  'acme-screening': {
    module: join(elsewhere, 'screening/plugin.mts'),
    settings: { url, apiKey: 'acme-key' },
  },
  'acme-mail': { module: mail, settings: { url } },
});
const ACTIONS = {
  'sanctions.screen': 'acme-screening',
  'acme.risk': 'acme-screening',
  'receipt.send': 'acme-mail',
};

/** Short, so that the test sees in seconds what takes minutes in production. */
const TIMES = {
  calls: { timeout: '1s', startToClose: '3s', lease: '4s', settle: '400ms' },
  retry: { first: '50ms', max: '500ms' },
  flows: { purchase: { lookEvery: '700ms', screenEvery: '500ms' } },
};

const run = (command: readonly string[], env: Record<string, string> = {}) =>
  new Promise<{ code: unknown; stdout: string; stderr: string }>((done) => {
    const options = { cwd: projectRoot(), env: { PATH: process.env['PATH'], ...env } };
    execFile(process.execPath, command, options, (error, stdout, stderr) =>
      done({ code: error ? error.code : 0, stdout, stderr }),
    );
  });

test('a plugin in a folder elsewhere and one from an npm package do their part of a real purchase', async () => {
  await using peers = await startPeers();
  await using acme = await startAcme();
  const coordinator = await startCoordinator({
    mysqlUrl: await createDatabase(
      process.env['CC_TEST_MYSQL'] ?? '',
      `t_${randomUUID().replaceAll('-', '')}`,
    ),
    redisUrl: process.env['CC_TEST_REDIS'] ?? '',
    temporalAddress: process.env['CC_TEST_TEMPORAL'] ?? '',
    services: peers.env,
    wiring: {
      ...TIMES,
      plugins: pluginsOf(acme.url, join(elsewhere, 'node_modules/@acme/mail/index.js')),
      actions: ACTIONS,
    },
    queuePrefix: `${randomUUID().slice(0, 8)}-`,
  });
  await using _stopped = coordinator;
  peers.setWebhook(`${coordinator.url}/v1/incoming/stripe`);
  const fault = acme.faults.arm({ match: { path: '/v1/risk' }, kind: 'drop-after' });
  const shop = { peers, coordinator } as unknown as DemoShop;
  const price = { amount: 4_900, currency: 'USD' };

  const ada = openMfe(shop, '1001');
  const begun = await ada.start({ learner: '1001', courseRun: COURSE, price });
  await ada.pay(begun);
  const ended = await ada.until(begun.id, ENDED);
  expect(ended.status).toBe('completed');
  expect(ledgersOf(peers, { id: begun.id, learner: '1001' })).toEqual({ ...sold(), mails: [] });
  expect(fault.observed).toBe(1);
  expect(acme.ledger.of('scored')).toHaveLength(2);
  expect(acme.ledger.of('mailed')).toEqual([
    expect.objectContaining({ to: 'ada@example.com', subject: `${begun.order} is completed` }),
  ]);

  const mallory = openMfe(shop, '1003');
  const refused = await mallory.start({ learner: '1003', courseRun: COURSE, price });
  expect(refused).toMatchObject({ status: 'declined' });
  expect(ledgersOf(peers, { id: refused.id, learner: '1003' })).toEqual(NOTHING);
  // Nobody asked the screening that was wired before.
  expect(peers.sanctions.requests.count()).toBe(0);
});

test('a package is found from the wiring file, and its Actions stand in the wiring', async () => {
  const file = parse(readFileSync(WIRING_FILE, 'utf8')) as {
    plugins: Record<string, { module: string }>;
    actions: object;
  };
  for (const plugin of Object.values(file.plugins))
    plugin.module = join(projectRoot(), 'config', plugin.module);
  const path = join(elsewhere, 'coordinator.yaml');
  const plugins = { ...file.plugins, ...pluginsOf('http://127.0.0.1:9', '@acme/mail') };
  writeFileSync(path, stringify({ ...file, plugins, actions: { ...file.actions, ...ACTIONS } }));
  const command = ['--disable-warning=ExperimentalWarning', 'tools/check-config.ts', '--json', path];
  const { code, stdout, stderr } = await run(command, anyEnvironment());
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  const { actions, plugins: shown } = JSON.parse(stdout) as {
    actions: readonly object[];
    plugins: readonly object[];
  };
  expect(actions).toContainEqual({
    ...{ action: 'acme.risk', effect: 'read', plugin: 'acme-screening', service: 'acme', flows: [] },
  });
  expect(actions).toContainEqual(expect.objectContaining({ action: 'receipt.send', plugin: 'acme-mail' }));
  expect(shown).toContainEqual(
    expect.objectContaining({ name: 'acme-screening', ownActions: ['acme.risk'] }),
  );
});

test('its author gets our types there, those of the own Action included', async () => {
  const folder = join(elsewhere, 'typed');
  cpSync(join(FIXTURES, 'acme-screening'), folder, { recursive: true });
  // As `npm install --save-dev <our folder>` leaves it.
  mkdirSync(join(folder, 'node_modules'));
  symlinkSync(projectRoot(), join(folder, 'node_modules/commerce-coordinator'));
  writeFileSync(
    join(folder, 'tsconfig.json'),
    JSON.stringify({
      extends: join(projectRoot(), 'tsconfig.json'),
      compilerOptions: { types: ['node'], typeRoots: [join(projectRoot(), 'node_modules/@types')] },
      include: ['*.mts'],
    }),
  );
  writeFileSync(
    join(folder, 'wrong.mts'),
    [
      `import type { In } from 'commerce-coordinator/sdk';`,
      `import './plugin.mts';`,
      `export const right: In<'acme.risk'> = { name: 'Ada' };`,
      `// @ts-expect-error the own Action has its own input`,
      `export const wrong: In<'acme.risk'> = { nmae: 'Ada' };`,
    ].join('\n'),
  );
  const tsc = join(projectRoot(), 'node_modules/typescript/bin/tsc');
  expect(await run([tsc, '-p', folder])).toMatchObject({ code: 0, stdout: '' });
});
