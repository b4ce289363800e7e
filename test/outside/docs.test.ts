import { execFile } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parse, stringify } from 'yaml';
import { projectRoot } from '../../tools/project-root.ts';
import { anyEnvironment, WIRING_FILE } from '../conformance/any-environment.ts';

// A page whose code does not run teaches mistakes: the author's page is executed as it stands.
const root = projectRoot();
const PAGE = readFileSync(join(root, 'docs/write-a-plugin.md'), 'utf8');
const folder = mkdtempSync(join(tmpdir(), 'cc-docs-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const snippets = [...PAGE.matchAll(/^```(\S+) ?(\S*)\n(.*?)^```$/gms)].map(
  ([, language, file, text = '']) => ({
    ...{ language, file, text },
  }),
);
/** Parts of one file stand in order. */
const textOf = (name: string): string =>
  snippets
    .filter(({ file }) => file === name)
    .map(({ text }) => text)
    .join('');

const run = (cwd: string, command: readonly string[], env: Record<string, string> = {}) =>
  new Promise<{ code: unknown; said: string }>((done) => {
    const options = { cwd, env: { PATH: process.env['PATH'], ...env } };
    execFile(process.execPath, command, options, (error, stdout, stderr) =>
      done({ code: error ? error.code : 0, said: stdout + stderr }),
    );
  });

beforeAll(() => {
  for (const file of ['plugin.ts', 'plugin.test.ts']) writeFileSync(join(folder, file), textOf(file));
  writeFileSync(join(folder, 'package.json'), '{ "type": "module" }');
  mkdirSync(join(folder, 'node_modules'));
  symlinkSync(root, join(folder, 'node_modules/commerce-coordinator'));
});

describe('docs/write-a-plugin.md', () => {
  test('is short enough to be read', () => {
    expect(PAGE.split('\n').length).toBeLessThanOrEqual(151);
  });

  test('has TypeScript that compiles', async () => {
    const options = { types: ['node'], typeRoots: [join(root, 'node_modules/@types')] };
    const tsconfig = { extends: join(root, 'tsconfig.json'), compilerOptions: options, include: ['*.ts'] };
    writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify(tsconfig));
    const tsc = join(root, 'node_modules/typescript/bin/tsc');
    expect(await run(folder, [tsc, '-p', '.'])).toEqual({ code: 0, said: '' });
  });

  test('has a test that passes', async () => {
    const said = expect.stringMatching(/pass 7\n.*fail 0/);
    expect(await run(folder, ['--test'])).toEqual({ code: 0, said });
  });

  test('has a wiring that start-up takes', async () => {
    const [snippet] = snippets.filter(({ language }) => language === 'yaml');
    const shown = parse(snippet?.text ?? '') as { plugins: object; actions: object };
    const file = parse(readFileSync(WIRING_FILE, 'utf8')) as {
      plugins: Record<string, { module: string }>;
      actions: object;
    };
    for (const plugin of Object.values(file.plugins)) plugin.module = join(root, 'config', plugin.module);
    const plugins = { ...file.plugins, ...shown.plugins } as typeof file.plugins;
    const ours = plugins['acme-orders'];
    if (ours) ours.module = join(folder, 'plugin.ts');
    const path = join(folder, 'coordinator.yaml');
    writeFileSync(path, stringify({ ...file, plugins, actions: { ...file.actions, ...shown.actions } }));
    const command = ['--disable-warning=ExperimentalWarning', join(root, 'tools/check-config.ts'), path];
    const { code, said } = await run(root, command, { ...anyEnvironment(), ACME_TOKEN: 'any' });
    expect([code, said]).toEqual([0, expect.stringMatching(/^order\.open +write +- +acme-orders +look up/m)]);
  });

  test('names commands and files that there are', () => {
    const { scripts } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { scripts: object };
    const asked = [...PAGE.matchAll(/npm run ([\w:-]+)/g)].map(([, name = '']) => name);
    expect(asked.filter((name) => !(name in scripts))).toEqual([]);
    const paths = [...PAGE.matchAll(/`((?:contracts|plugins|test)\/[\w./-]+)`/g)].map(
      ([, path = '']) => path,
    );
    expect(paths.filter((path) => !existsSync(join(root, path)))).toEqual([]);
  });
});

test('docs/configuration.md explains every key of the wiring file', () => {
  const page = readFileSync(join(root, 'docs/configuration.md'), 'utf8');
  const schema = JSON.parse(readFileSync(join(root, 'config/coordinator.schema.json'), 'utf8')) as {
    properties: object;
  };
  const explained = [...page.matchAll(/^\| `(\w+)` \|/gm)].map(([, key = '']) => key);
  expect(explained.toSorted()).toEqual(Object.keys(schema.properties).toSorted());
});
