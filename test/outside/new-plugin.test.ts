import { execFile } from 'node:child_process';
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as contracts from '../../contracts/all.ts';
import { sampleOf } from '../../tools/new-plugin/sample.ts';
import { projectRoot } from '../../tools/project-root.ts';

const root = projectRoot();
const folder = mkdtempSync(join(tmpdir(), 'cc-new-plugin-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

interface Ran {
  readonly code: unknown;
  readonly said: string;
}
const run = (cwd: string, command: readonly string[]): Promise<Ran> =>
  new Promise((done) => {
    // Not jest's own environment: a runner inside a runner would take itself for a part of the outer one.
    const env = { PATH: process.env['PATH'], HOME: process.env['HOME'] };
    execFile(process.execPath, command, { cwd, env }, (error, stdout, stderr) =>
      done({ code: error ? error.code : 0, said: stdout + stderr }),
    );
  });
const newPlugin = (cwd: string, ...args: string[]): Promise<Ran> =>
  run(cwd, ['--disable-warning=ExperimentalWarning', 'tools/new-plugin.ts', ...args]);
const tool = (path: string): string => join(root, 'node_modules', path);

/** As much of this repository as a plugin needs. */
const copyRepository = (): string => {
  const copy = join(folder, 'copy');
  for (const part of ['contracts', 'config', 'tools', 'plugins/sdk', 'package.json', '.oxlintrc.json'])
    cpSync(join(root, part), join(copy, part), { recursive: true });
  symlinkSync(join(root, 'node_modules'), join(copy, 'node_modules'));
  const { compilerOptions } = JSON.parse(readFileSync(join(root, 'tsconfig.json'), 'utf8')) as {
    compilerOptions: object;
  };
  const include = ['contracts/**/*.ts', 'plugins/**/*.ts'];
  writeFileSync(join(copy, 'tsconfig.json'), JSON.stringify({ compilerOptions, include }));
  const swc = [
    '@swc/jest',
    { jsc: { parser: { syntax: 'typescript' }, target: 'es2023' }, module: { type: 'commonjs' } },
  ];
  const jest = { testMatch: ['<rootDir>/plugins/**/*.test.ts'], transform: { '^.+\\.ts$': swc } };
  writeFileSync(join(copy, 'jest.config.mjs'), `export default ${JSON.stringify(jest)};`);
  return copy;
};

test('new plugins in this repository type-check, lint, are formatted and pass their tests at once', async () => {
  const copy = copyRepository();
  const made = await Promise.all([
    newPlugin(copy, 'shop-keeper'),
    newPlugin(copy, 'price-list', '--action', 'catalog.quote'),
    newPlugin(copy, 'pay-back', '--action', 'payment.refund'),
    newPlugin(copy, 'pigeon', '--action', 'receipt.send'),
  ]);
  for (const { code, said } of made)
    expect([code, said]).toEqual([0, expect.stringContaining('npm test -- plugins/')]);
  const found = await Promise.all([
    run(copy, [tool('typescript/bin/tsc'), '-p', '.']),
    run(copy, [tool('oxlint/bin/oxlint'), '--type-aware', '--deny-warnings', 'plugins']),
    run(copy, [
      tool('prettier/bin/prettier.cjs'),
      '--config',
      join(root, '.prettierrc.json'),
      '--check',
      'plugins/**/*.ts',
    ]),
  ]);
  for (const { code, said } of found) expect([code, said]).toEqual([0, expect.any(String)]);
  const jest = await run(copy, [tool('jest/bin/jest.js')]);
  expect(jest).toMatchObject({ code: 0, said: expect.stringContaining('Test Suites: 4 passed, 4 total') });
  const readme = readFileSync(join(copy, 'plugins/shop-keeper/README.md'), 'utf8');
  expect(readme).toContain('`shop-keeper.create`');
  expect(readme).toContain('module: ../plugins/shop-keeper/plugin.ts');
  expect(readme).not.toContain('@');
});

test('a new plugin elsewhere needs nothing but Node', async () => {
  const elsewhere = join(folder, 'elsewhere');
  expect(await newPlugin(root, 'acme', '--into', elsewhere)).toMatchObject({ code: 0 });
  const home = join(elsewhere, 'acme');
  expect(readdirSync(home).toSorted()).toEqual([
    'README.md',
    'node_modules',
    'package.json',
    'plugin.test.ts',
    'plugin.ts',
  ]);
  expect(await run(home, ['--test'])).toMatchObject({
    code: 0,
    said: expect.stringMatching(/pass 8\n.*fail 0/),
  });
  const options = { types: ['node'], typeRoots: [join(root, 'node_modules/@types')] };
  const tsconfig = { extends: join(root, 'tsconfig.json'), compilerOptions: options, include: ['*.ts'] };
  writeFileSync(join(home, 'tsconfig.json'), JSON.stringify(tsconfig));
  expect(await run(home, [tool('typescript/bin/tsc'), '-p', '.'])).toEqual({ code: 0, said: '' });
});

describe('a name is refused', () => {
  test.each([
    ['that is missing', [], /Which name\?/],
    ['in camel case', ['mailChimp'], /'mailChimp' cannot name a plugin\. Legal: /],
    ['that leaves the folder', ['../x'], /cannot name a plugin/],
    ['of the language', ['delete'], /'delete' is a word of ours or of the language/],
    ["of the flows' queue", ['flows'], /'flows' is a word of ours/],
    ['that is taken', ['stripe'], /'stripe' is taken: .*There are: discovery, /],
    [
      'of an Action that nobody knows',
      ['acme', '--action', 'order.opne'],
      /no Action 'order.opne'\. Known: /,
    ],
    ['of an option that nobody knows', ['acme', '--inot', 'x'], /Unknown option '--inot'/],
  ])('%s', async (_what, args, said) => {
    const before = readdirSync(join(root, 'plugins'));
    const answer = await newPlugin(root, ...args);
    expect(answer).toMatchObject({ code: 1, said: expect.stringMatching(said) });
    expect(answer.said).toContain('Usage: npm run new-plugin');
    expect(readdirSync(join(root, 'plugins'))).toEqual(before);
  });

  test('elsewhere, that is taken there, and nothing is overwritten', async () => {
    const into = join(folder, 'taken');
    mkdirSync(join(into, 'acme'), { recursive: true });
    expect(await newPlugin(root, 'acme', '--into', into)).toMatchObject({ code: 1 });
    expect(existsSync(join(into, 'acme/plugin.ts'))).toBe(false);
  });
});

test('every Action has a sample for its first test', () => {
  for (const contract of Object.values(contracts)) {
    if (contract.kind !== 'action') continue;
    expect(contract.input.safeParse(sampleOf(contract.input))).toMatchObject({ success: true });
    expect(contract.output.safeParse(sampleOf(contract.output))).toMatchObject({ success: true });
  }
});
