import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { builtinModules } from 'node:module';
import { dirname, join, resolve } from 'node:path';
import { parse } from 'yaml';
import { z } from 'zod';
import { loadWiring } from '../../config/load-plugins.ts';
import type { WiredPlugin, Wiring } from '../../config/wiring.ts';
import type { Action } from '../../contracts/define.ts';
import type { RawRequest } from '../../plugins/sdk/plugin.ts';
import { projectRoot } from '../../tools/project-root.ts';
import { anyEnvironment, WIRING_FILE } from './any-environment.ts';

// Every plugin of the wiring file keeps these promises; a new one is under test from the day it is wired.
const FILE = parse(readFileSync(WIRING_FILE, 'utf8')) as { plugins: Record<string, { module: string }> };
const NAMES = Object.keys(FILE.plugins);

interface Write {
  readonly run: unknown;
  readonly onDoubt: 'park' | { readonly repeatFor?: string; readonly lookup?: unknown };
}
interface Done {
  readonly plugin: string;
  readonly action: Action;
  readonly does: unknown;
  readonly readme: string;
}

let wiring: Wiring;
beforeAll(async () => {
  wiring = await loadWiring(WIRING_FILE, anyEnvironment());
});

const folderOf = (name: string): string =>
  dirname(resolve(dirname(WIRING_FILE), FILE.plugins[name]?.module ?? ''));
const wired = (name: string): WiredPlugin => {
  const found = wiring.plugins.get(name);
  if (!found) throw new Error(`${name} was not loaded.`);
  return found;
};
const readmeOf = (name: string): string => {
  const file = join(folderOf(name), 'README.md');
  return existsSync(file) ? readFileSync(file, 'utf8') : '';
};
const actionsOf = (name: string): readonly Done[] =>
  Object.entries(wired(name).plugin.actions ?? {}).map(([action, does]) => {
    const contract = wiring.contracts.get(action);
    if (!contract) throw new Error(`${name} implements ${action}, which no contract declares.`);
    return { plugin: name, action: contract, does, readme: readmeOf(name) };
  });
const writesOf = (name: string): readonly (Done & { readonly does: Write })[] =>
  actionsOf(name).filter(({ action }) => action.effect === 'write') as (Done & { does: Write })[];

/** Its modules, tests left out. */
const sourcesOf = (name: string): readonly string[] =>
  readdirSync(folderOf(name), { recursive: true, encoding: 'utf8' }).filter(
    (file) => /\.[mc]?[jt]s$/.test(file) && !file.includes('.test.') && !file.includes('node_modules'),
  );
const importsOf = (code: string): readonly string[] =>
  [...code.matchAll(/(?:from|import)\s*\(?\s*'([^']+)'/g)].map(([, from = '']) => from);

const OURS = ['commerce-coordinator/sdk', '../sdk/index.ts'];
const HOSTS_WORK = /^(@temporalio\/|mysql2|ioredis|express|pino|zod$)/;
const { dependencies } = JSON.parse(readFileSync(join(projectRoot(), 'package.json'), 'utf8')) as {
  dependencies: Record<string, string>;
};
const mayImport = (from: string): boolean =>
  OURS.includes(from) ||
  from.startsWith('./') ||
  builtinModules.includes(from.replace('node:', '')) ||
  (!HOSTS_WORK.test(from) &&
    Object.keys(dependencies).some((known) => from === known || from.startsWith(`${known}/`)));

test('plugins have names of their own, which are those of the wiring file', () => {
  expect([...wiring.plugins.values()].map(({ plugin }) => plugin.name)).toEqual(NAMES);
  expect(NAMES.filter((name) => !/^[a-z][a-z0-9]*(-[a-z0-9]+)*$/.test(name))).toEqual([]);
});

describe.each(NAMES)('the plugin %s', (name) => {
  test('describes its settings, so that an operator can be told what is legal', () => {
    const written = z.toJSONSchema(wired(name).plugin.settings, { io: 'input' });
    expect(written).toMatchObject({ type: 'object', additionalProperties: false });
  });

  test('implements Actions that are known, and says of each write what is right in doubt', () => {
    expect(actionsOf(name).length).toBeGreaterThan(0);
    for (const { action, does } of writesOf(name)) {
      expect([action.name, does]).toEqual([
        action.name,
        { run: expect.any(Function), onDoubt: expect.anything() },
      ]);
      expect([action.name, typeof action.key]).toEqual([action.name, 'function']);
    }
  });

  test('can look up what moves money or grants, or says in its README why it parks', () => {
    for (const { action, does, readme } of writesOf(name)) {
      if (!action.moves) continue;
      const lookup = does.onDoubt === 'park' ? undefined : does.onDoubt.lookup;
      const says = readme.split('\n').some((line) => line.includes(action.name) && /\bparks?\b/.test(line));
      expect({ action: action.name, safe: lookup !== undefined || says }).toMatchObject({ safe: true });
    }
  });

  test('moves what can be read back: a grant or money states its facts, or the reference that news find it by', () => {
    for (const { action } of writesOf(name)) {
      if (!action.moves) continue;
      expect([action.name, action.facts ?? action.reference]).toEqual([action.name, expect.any(Function)]);
    }
  });

  const GARBAGE: readonly Uint8Array[] = [
    new Uint8Array(),
    new Uint8Array([0xff, 0xfe, 0x00, 0x80]),
    new TextEncoder().encode('not json'),
    new TextEncoder().encode('null'),
    new TextEncoder().encode('{"id":7,"type":{}}'),
  ];
  const HEADERS: readonly RawRequest['headers'][] = [
    {},
    { 'stripe-signature': 't=1,v1=00', 'x-signature': '', authorization: 'Bearer x' },
    { 'stripe-signature': '\u0000', 'x-signature': 'sha256=ffff' },
  ];

  test('takes no garbage for a proven call, and reads none', () => {
    const { plugin, settings } = wired(name);
    for (const incoming of Object.values(plugin.incoming ?? {})) {
      for (const body of GARBAGE) {
        for (const headers of HEADERS) {
          const request: RawRequest = { body, headers, query: new URLSearchParams('a=1') };
          expect(incoming.verify(request, settings)).toBe(false);
        }
        const reading = () => incoming.read({ body, headers: {}, query: new URLSearchParams() }, settings);
        expect(reading).toThrow(Error);
      }
    }
  });

  test('explains itself: Service, settings and every Action stand in its README', () => {
    const readme = readmeOf(name);
    const settings = z.toJSONSchema(wired(name).plugin.settings, { io: 'input' }).properties ?? {};
    const told = [...actionsOf(name).map(({ action }) => action.name), ...Object.keys(settings)];
    expect(told.filter((word) => !readme.includes(`\`${word}`))).toEqual([]);
    expect(readme).toContain('**Service**');
  });

  test('imports the SDK, its own files and its vendor only', () => {
    const files = sourcesOf(name);
    expect(files.length).toBeGreaterThan(0);
    for (const file of files) {
      const code = readFileSync(join(folderOf(name), file), 'utf8');
      expect([file, importsOf(code).filter((from) => !mayImport(from))]).toEqual([file, []]);
    }
  });

  test('has a test of its own', () => {
    expect(readdirSync(folderOf(name)).filter((file) => /\.test\.[mc]?[jt]s$/.test(file))).not.toEqual([]);
  });
});
