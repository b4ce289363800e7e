import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parse, stringify } from 'yaml';
import { ConfigurationError, loadWiring } from '../../config/load-plugins.ts';
import { wiringSchema } from '../../tools/check-config/wiring-schema.ts';
import { projectRoot } from '../../tools/project-root.ts';
import { anyEnvironment, WIRING_FILE } from './any-environment.ts';

interface Plugin {
  module: string;
  settings: Record<string, unknown>;
  [key: string]: unknown;
}
interface File {
  plugins: Record<string, Plugin>;
  actions: Record<string, unknown>;
  flows: Record<string, Record<string, unknown>>;
  [key: string]: unknown;
}

const folder = mkdtempSync(join(tmpdir(), 'cc-mistakes-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const readWiring = (): File => {
  const file = parse(readFileSync(WIRING_FILE, 'utf8')) as File;
  for (const plugin of Object.values(file.plugins))
    plugin.module = join(projectRoot(), 'config', plugin.module);
  return file;
};
let count = 0;
const write = (file: File | string): string => {
  const path = join(folder, `${(count += 1)}.yaml`);
  writeFileSync(path, typeof file === 'string' ? file : stringify(file));
  return path;
};

/** What start-up says of the repository's wiring file with changes. */
const mistakesOf = async (
  change: (file: File) => void,
  env = anyEnvironment(),
): Promise<readonly string[]> => {
  const file = readWiring();
  change(file);
  const failed: unknown = await loadWiring(write(file), env).then(
    () => undefined,
    (error: unknown) => error,
  );
  if (failed === undefined) return [];
  if (failed instanceof ConfigurationError) return failed.mistakes;
  throw failed;
};

/** The command as an operator runs it. */
const checkConfig = (args: readonly string[]): Promise<{ code: unknown; stdout: string; stderr: string }> =>
  new Promise((done) => {
    const env = { PATH: process.env['PATH'], ...anyEnvironment() };
    const command = ['--disable-warning=ExperimentalWarning', 'tools/check-config.ts', ...args];
    execFile(process.execPath, command, { cwd: projectRoot(), env }, (error, stdout, stderr) =>
      done({ code: error ? error.code : 0, stdout, stderr }),
    );
  });

/** Where the mistakes are. */
const keysOf = (mistakes: readonly string[]): readonly string[] =>
  mistakes.map((line) => line.slice(0, line.indexOf(':'))).toSorted();

const set = (file: File, name: string): Plugin => {
  const plugin = file.plugins[name];
  if (!plugin) throw new Error(`no ${name}`);
  return plugin;
};

test('the wiring file of the repository is right', async () => {
  expect(await mistakesOf(() => undefined)).toEqual([]);
});

test('ten different mistakes in one configuration are ten entries, each with key, legal values and remedy', async () => {
  const { LMS_CLIENT_SECRET: _missing, ...env } = anyEnvironment();
  env['STRIPE_URL'] = 'not-a-url';
  const mistakes = await mistakesOf((file) => {
    file['retires'] = { first: '1s' };
    file['retry'] = { first: 500 };
    set(file, 'discovery').settings['tokenUrl'] = 'https://lms.example/oauth2/access_token';
    set(file, 'discovery').settings['clientSecret'] = 'x';
    set(file, 'email').module = join(projectRoot(), 'plugins/email/nowhere.ts');
    set(file, 'orders')['calls'] = { lease: '1s' };
    file.actions['order.opne'] = 'orders';
    file.actions['sanctions.screen'] = 'lms';
    file.actions['learner.read'] = 'lsm';
    delete file.actions['payment.capture'];
    file.flows['purchase'] = { payWithin: 'soon' };
    delete set(file, 'sanctions').settings['apiKey'];
  }, env);
  const keys = [
    'retires',
    'retry.first',
    'plugins.stripe.settings.url',
    'plugins.lms.settings.clientSecret',
    'plugins.sanctions.settings.apiKey',
    'plugins.email.module',
    'plugins.orders.calls',
    'actions.order.opne',
    'actions.sanctions.screen',
    'actions.learner.read',
    'actions.payment.capture',
    'flows.purchase.payWithin',
  ];
  expect(keysOf(mistakes)).toEqual(keys.toSorted());
  for (const line of mistakes) expect(line).toMatch(/^[\w.-]+: .+\. Legal: .+\. [A-Z].+\.$/);
  const said = (key: string) => mistakes.find((line) => line.startsWith(`${key}:`));
  expect(said('retires')).toMatch(/no such key\. Legal: the keys actions, calls, filters, flows, .*retry/);
  expect(said('retry.first')).toContain("Legal: a length of time with its unit, such as '30s'");
  expect(said('plugins.lms.settings.clientSecret')).toContain('Set LMS_CLIENT_SECRET.');
  expect(said('plugins.stripe.settings.url')).toContain('Legal: a URL');
  expect(said('plugins.sanctions.settings.apiKey')).toMatch(/is missing\. .*Add it\.$/);
  expect(said('actions.sanctions.screen')).toContain('Legal: sanctions.');
  expect(said('actions.learner.read')).toContain('Legal: lms.');
  expect(said('actions.payment.capture')).toContain('Legal: stripe.');
  expect(said('actions.order.opne')).toContain('order.open');
});

test('a mistake never repeats a value: it may be a secret', async () => {
  const mistakes = await mistakesOf((file) => {
    set(file, 'stripe').settings['secretKye'] = 'sk_live_secret';
    set(file, 'stripe').settings['url'] = 'sk_live_secret';
  });
  expect(mistakes).toHaveLength(2);
  expect(mistakes.join()).not.toContain('sk_live_secret');
});

/** Plugins in plain JavaScript, which no compiler saw: each with one mistake, and the key that it is told under. */
const PLAIN: Readonly<Record<string, { readonly code: string; readonly key: string }>> = {
  'hidden-one': { code: 'export const other = {};', key: 'module' },
  'other-name': { code: `export const otherName = { ...common, name: 'another' };`, key: '' },
  'flows-queue': { code: `export const flowsQueue = { ...common, service: 'flows' };`, key: 'service' },
  'no-such-action': {
    code: `export const noSuchAction = { ...common, actions: { 'a.b': async () => ({}) } };`,
    key: 'actions.a.b',
  },
  'no-doubt': {
    code: `export const noDoubt = { ...common, actions: { 'order.open': { run: async () => ({}) } } };`,
    key: 'actions.order.open',
  },
  'no-unit': {
    code: `export const noUnit = { ...common, actions: { 'order.open': { run: async () => ({}), onDoubt: { repeatFor: 24 } } } };`,
    key: 'actions.order.open',
  },
  'read-object': {
    code: `export const readObject = { ...common, actions: { 'payment.find': { run: async () => ({}) } } };`,
    key: 'actions.payment.find',
  },
  'taken-action': {
    code: `export const takenAction = { ...common, contracts: [{ kind: 'action', name: 'order.open', effect: 'read' }] };`,
    key: 'contracts.order.open',
  },
  'no-key': {
    code: `export const noKey = { ...common, contracts: [{ kind: 'action', name: 'a.c', effect: 'write' }] };`,
    key: 'contracts.a.c',
  },
  'no-verify': {
    code: `export const noVerify = { ...common, incoming: { mine: { read: () => [] } } };`,
    key: 'incoming.mine',
  },
  'taken-resource': {
    code: `export const takenResource = { ...common, incoming: { stripe: { read: () => [], verify: () => false } } };`,
    key: 'incoming.stripe',
  },
};

test('plugins in plain JavaScript are held to what the types would promise, all at once', async () => {
  const common = (name: string) =>
    `const common = { name: '${name}', service: 'acme', settings: z.strictObject({}) };`;
  const changed = readWiring();
  for (const [name, { code }] of Object.entries(PLAIN)) {
    const module = join(folder, `${name}.mjs`);
    writeFileSync(module, `import { z } from 'commerce-coordinator/sdk';\n${common(name)}\n${code}\n`);
    changed.plugins[name] = { module, settings: {} };
  }
  const { code, stdout } = await checkConfig(['--json', write(changed)]);
  const { mistakes } = JSON.parse(stdout) as { mistakes: readonly string[] };
  expect(code).toBe(1);
  expect(keysOf(mistakes)).toEqual(
    Object.entries(PLAIN)
      .map(([name, { key }]) => ['plugins', name, key].filter(Boolean).join('.'))
      .toSorted(),
  );
  for (const line of mistakes) expect(line).toMatch(/: .+\. Legal: .+\. [A-Z].+\.$/);
});

describe('npm run check-config', () => {
  test('shows the wiring as a table, as data and as a diagram, and never a setting', async () => {
    const [table, data, diagram] = await Promise.all([
      checkConfig([]),
      checkConfig(['--json']),
      checkConfig(['--mermaid']),
    ]);
    expect([table.code, data.code, diagram.code]).toEqual([0, 0, 0]);
    expect(table.stdout).toMatch(/^order\.open +write +- +orders +look up +purchase$/m);
    expect(table.stdout).toMatch(
      /^payment\.start +write +money +stripe +repeat for 23h, then look up +purchase$/m,
    );
    expect(table.stdout).toContain('coordinator.yaml is right.');
    const wiring = JSON.parse(data.stdout) as { actions: object[]; plugins: object[]; incoming: object[] };
    expect(wiring.actions).toContainEqual({
      ...{ action: 'payment.find', effect: 'read', plugin: 'stripe', service: 'stripe' },
      flows: ['purchase'],
    });
    expect(wiring.incoming).toEqual([{ path: '/v1/incoming/stripe', plugin: 'stripe' }]);
    expect(diagram.stdout).toMatch(/^flowchart LR\n/);
    expect(diagram.stdout).toContain('action_payment_capture ==> plugin_stripe');
    for (const { stdout } of [table, data, diagram]) expect(stdout).not.toContain('any-');
  });

  test('lists every mistake, and ends with 1', async () => {
    const changed = readWiring();
    delete changed.actions['order.open'];
    changed.actions['receipt.send'] = 'nobody';
    const { code, stdout, stderr } = await checkConfig([write(changed)]);
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
    expect(stderr.trim().split('\n')).toEqual([
      expect.stringMatching(/yaml has 2 mistake\(s\):$/),
      expect.stringContaining('- actions.receipt.send: '),
      expect.stringContaining('- actions.order.open: '),
    ]);
  });

  test('answers how it is called when it is called otherwise', async () => {
    const { code, stderr } = await checkConfig(['--jsno']);
    expect(code).toBe(1);
    expect(stderr).toContain('Usage: npm run check-config');
  });
});

test.each([
  ['is not YAML', 'plugins: [', /is not YAML/],
  ['is empty', '', /the file: /],
  ['has no plugins', 'actions: {}', /^plugins: is missing/],
])('a file that %s is refused', async (_what, text, said) => {
  const error: unknown = await loadWiring(write(text), {}).catch((failed: unknown) => failed);
  expect(error).toBeInstanceOf(ConfigurationError);
  expect((error as ConfigurationError).mistakes.join('\n')).toMatch(said);
});

test('the JSON Schema beside the wiring file is current', () => {
  const file = join(projectRoot(), 'config/coordinator.schema.json');
  const told = 'Run: npm run check-config -- --schema > config/coordinator.schema.json';
  expect([told, JSON.parse(readFileSync(file, 'utf8'))]).toEqual([told, JSON.parse(wiringSchema())]);
  expect(readFileSync(WIRING_FILE, 'utf8')).toContain(
    '# yaml-language-server: $schema=./coordinator.schema.json',
  );
});
