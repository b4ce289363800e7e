import { execFile } from 'node:child_process';
import { cp, mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';

// A boundary that never fires guards nothing. Here each one meets a file that breaks it, and one that may.
const ROOT = process.cwd();

/** `file` is where the import stands, `refused` a part of the message that must come. */
interface Case {
  readonly file: string;
  readonly code: string;
}

const FORBIDDEN: readonly (Case & { readonly refused: string })[] = [
  { file: 'contracts/a.ts', code: "import 'mysql2';", refused: 'zod and nothing else' },
  { file: 'contracts/a.ts', code: "import 'node:fs';", refused: 'zod and nothing else' },
  { file: 'contracts/actions/a.ts', code: "import '../../journal/x.ts';", refused: 'they import nobody' },
  { file: 'contracts/errors.ts', code: "import 'zod';", refused: 'every workflow sandbox' },

  {
    file: 'workflows/a.ts',
    code: "import { x } from '../contracts/money.ts'; void x;",
    refused: 'types only',
  },
  { file: 'workflows/engine/a.ts', code: "export * from '../../contracts/all.ts';", refused: 'types only' },
  { file: 'workflows/engine/a.ts', code: "void import('../../contracts/all.ts');", refused: 'types only' },
  { file: 'workflows/a.ts', code: "import 'zod';", refused: 'no zod' },
  { file: 'workflows/a.ts', code: "import 'node:crypto';", refused: 'no Node built-in' },
  { file: 'workflows/a.ts', code: "import 'crypto';", refused: 'no Node built-in' },
  { file: 'workflows/a.ts', code: "import '@temporalio/client';", refused: 'talks to a server' },
  { file: 'workflows/a.ts', code: "import '../activities/host/x.ts';", refused: 'outside of the sandbox' },
  {
    file: 'workflows/a.ts',
    code: "import type { X } from '../journal/x.ts';",
    refused: 'outside of the sandbox',
  },
  {
    file: 'workflows/engine/a.ts',
    code: "import '../../plugins/lms/x.ts';",
    refused: 'outside of the sandbox',
  },
  { file: 'workflows/a.ts', code: 'export const x = process.env.X;', refused: 'wiring snapshot' },
  { file: 'workflows/a.ts', code: "void fetch('http://x');", refused: 'work of Actions' },

  {
    file: 'activities/host/a.ts',
    code: "import '../../plugins/lms/x.ts';",
    refused: 'only config/load-plugins.ts',
  },
  { file: 'activities/a.ts', code: "import '../workflows/x.ts';", refused: 'prebuilt bundle' },
  { file: 'activities/a.ts', code: "import '../test/x.ts';", refused: 'deployed alone' },

  {
    file: 'api/routes/a.ts',
    code: "import '../../plugins/stripe/x.ts';",
    refused: 'only config/load-plugins.ts',
  },
  { file: 'api/main.ts', code: "import '../plugins/stripe/x.ts';", refused: 'only config/load-plugins.ts' },
  {
    file: 'api/a.ts',
    code: "import type { X } from '../activities/guard/x.ts';",
    refused: 'nothing else of the worker',
  },
  {
    file: 'api/main.ts',
    code: "import '../activities/host/effect.ts';",
    refused: 'nothing else of the worker',
  },
  {
    file: 'api/a.ts',
    code: "import { x } from '../activities/host/host.ts'; void x;",
    refused: 'its types only',
  },
  { file: 'api/a.ts', code: "import '../workflows/purchase.ts';", refused: 'names and contracts' },
  { file: 'api/a.ts', code: "import '../tools/x.ts';", refused: 'deployed alone' },

  { file: 'journal/a.ts', code: "import 'express';", refused: 'SQL and nothing else' },
  {
    file: 'journal/a.ts',
    code: "import { Connection } from '@temporalio/client'; void Connection;",
    refused: 'while Temporal is down',
  },
  { file: 'journal/a.ts', code: "import '@temporalio/worker';", refused: 'no more' },
  { file: 'journal/a.ts', code: "import '../config/env.ts';", refused: 'contracts only' },
  { file: 'journal/violations/a.ts', code: "import '../../activities/x.ts';", refused: 'contracts only' },

  { file: 'config/a.ts', code: "import '../plugins/lms/plugin.ts';", refused: 'one line in one place' },
  { file: 'config/a.ts', code: "import '../workflows/purchase.ts';", refused: 'never what it configures' },
  { file: 'config/load-plugins.ts', code: "import '../api/x.ts';", refused: 'never what it configures' },

  { file: 'tools/a.ts', code: "import '../plugins/lms/plugin.ts';", refused: 'what is configured' },
  { file: 'bench/a.ts', code: "import '../plugins/lms/plugin.ts';", refused: 'what is configured' },
  {
    file: 'test/peers/lms/a.ts',
    code: "import '../../../contracts/money.ts';",
    refused: 'shares our mistakes',
  },

  { file: 'plugins/lms/a.ts', code: "import '../stripe/client.ts';", refused: 'no two plugins' },
  { file: 'plugins/lms/a.ts', code: "import '../sdk/http.ts';", refused: 'plugins/sdk/index.ts' },
  { file: 'plugins/lms/a.ts', code: "import '../../contracts/money.ts';", refused: 're-exported by the SDK' },
  {
    file: 'plugins/lms/a.ts',
    code: "import 'commerce-coordinator/journal';",
    refused: 'is promised to plugins',
  },
  { file: 'plugins/lms/a.ts', code: "import '@temporalio/activity';", refused: "host's work" },
  { file: 'plugins/lms/a.ts', code: "import 'zod';", refused: 'two copies of zod' },
  { file: 'plugins/lms/a.ts', code: "import 'node:https';", refused: 'call.http' },
  { file: 'plugins/lms/a.ts', code: "void fetch('http://x');", refused: 'call.http' },
  { file: 'plugins/lms/v1/a.ts', code: "import '../../stripe/client.ts';", refused: 'no two plugins' },
  { file: 'plugins/lms/v1/a.ts', code: "import '../../../journal/x.ts';", refused: 're-exported by the SDK' },
  { file: 'plugins/lms/a.test.ts', code: "import '../stripe/client.ts';", refused: 'no two plugins' },
  { file: 'plugins/lms/a.test.ts', code: "import '../../journal/x.ts';", refused: 'an author elsewhere' },
  { file: 'plugins/sdk/a.ts', code: "import '../lms/client.ts';", refused: 'knows no plugin' },
  { file: 'plugins/sdk/a.ts', code: "import '../../journal/x.ts';", refused: 'stands on contracts' },
];

const ALLOWED: readonly Case[] = [
  { file: 'contracts/actions/a.ts', code: "import 'zod'; import '../money.ts';" },
  {
    file: 'workflows/engine/a.ts',
    code: "import '@temporalio/workflow'; import './b.ts'; import '../c.ts';",
  },
  { file: 'workflows/engine/a.ts', code: "import { x } from '../../contracts/errors.ts'; void x;" },
  { file: 'workflows/a.ts', code: "import type { X } from '../contracts/index.ts'; export type Y = X;" },
  {
    file: 'activities/host/a.ts',
    code: "import '../../plugins/sdk/http.ts'; import '../../contracts/all.ts';",
  },
  { file: 'api/a.ts', code: "import type { X } from '../activities/host/host.ts'; export type Y = X;" },
  { file: 'api/main.ts', code: "import { x } from '../activities/host/host.ts'; void x;" },
  {
    file: 'journal/a.ts',
    code: "import 'mysql2/promise'; import 'node:crypto'; import '../contracts/define.ts';",
  },
  {
    file: 'journal/a.ts',
    code: "import { type Client, WorkflowNotFoundError } from '@temporalio/client'; export type Y = Client; void WorkflowNotFoundError;",
  },
  { file: 'config/load-plugins.ts', code: "import '../plugins/lms/plugin.ts';" },
  { file: 'config/a.ts', code: "import '../contracts/all.ts'; import '../plugins/sdk/plugin.ts';" },
  {
    file: 'plugins/lms/a.ts',
    code: "import '../sdk/index.ts'; import 'commerce-coordinator/sdk'; import 'stripe';",
  },
  { file: 'plugins/lms/v1/a.ts', code: "import '../../sdk/index.ts'; import '../client.ts';" },
  {
    file: 'plugins/lms/a.test.ts',
    code: "import '../sdk/testing.ts'; import '../../test/peers/lms/peer.ts';",
  },
  { file: 'plugins/sdk/a.ts', code: "import 'zod'; import '../../contracts/errors.ts';" },
];

/** Habits rather than boundaries: one wrong line each, by the name of the rule. */
const HABITS: readonly { readonly rule: string; readonly code: string; readonly file?: string }[] = [
  { rule: 'import(no-default-export)', code: 'export default 1;' },
  { rule: 'typescript(no-floating-promises)', code: 'const f = async () => 1; f();' },
  { rule: 'typescript(no-misused-promises)', code: 'const f = async () => 1; [1].forEach(f);' },
  {
    rule: 'typescript(switch-exhaustiveness-check)',
    code: "export const f = (x: 'a' | 'b') => { switch (x) { case 'a': return 1; } return 2; };",
  },
  { rule: 'typescript(no-explicit-any)', code: 'export type X = any;' },
  { rule: 'eslint(max-params)', code: 'export const f = (a: 1, b: 1, c: 1, d: 1) => [a, b, c, d];' },
  { rule: 'eslint(no-console)', code: 'console.log(1);' },
  { rule: 'eslint(max-lines)', code: 'void 1;\n'.repeat(301) },
  { rule: 'eslint(max-lines-per-function)', code: `export const f = () => {\n${'void 1;\n'.repeat(60)}};` },
];

const lint = (folder: string): Promise<string> =>
  new Promise((done, fail) => {
    const args = [join(ROOT, 'node_modules/oxlint/bin/oxlint'), '--type-aware', '-f', 'json', '.'];
    execFile(process.execPath, args, { cwd: folder, maxBuffer: 1e8 }, (error, stdout, stderr) =>
      stdout.startsWith('{') ? done(stdout) : fail(error ?? new Error(stderr)),
    );
  });

interface Finding {
  readonly code: string;
  readonly message: string;
  readonly help?: string;
  readonly filename: string;
}

/** Lays every case out as a file of its own below a copy of our configuration, and lints all of them in one run. */
const findingsOf = async (
  files: ReadonlyMap<string, string>,
): Promise<ReadonlyMap<string, readonly Finding[]>> => {
  const folder = await mkdtemp(join(tmpdir(), 'lint-rules-'));
  try {
    await cp(join(ROOT, '.oxlintrc.json'), join(folder, '.oxlintrc.json'));
    await cp(join(ROOT, 'tsconfig.json'), join(folder, 'tsconfig.json'));
    // Types need the libraries' declarations.
    await symlink(join(ROOT, 'node_modules'), join(folder, 'node_modules'));
    for (const [file, code] of files) {
      await mkdir(dirname(join(folder, file)), { recursive: true });
      await writeFile(join(folder, file), `${code}\n`);
    }
    const { diagnostics } = JSON.parse(await lint(folder)) as { diagnostics: readonly Finding[] };
    const inFile = (file: string): Finding[] =>
      diagnostics.filter((found) => resolve(folder, found.filename) === join(folder, file));
    return new Map([...files.keys()].map((file) => [file, inFile(file)]));
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
};

/** A name of its own for each case, in the same place; files that a rule names keep theirs and are linted apart. */
const NAMED = new Set(['contracts/errors.ts', 'api/main.ts', 'config/load-plugins.ts']);
const placed = (file: string, index: number): string =>
  NAMED.has(file) ? file : file.replace(/a(\.test)?\.ts$/, `case-${index}$1.ts`);

const cases: readonly Case[] = [...FORBIDDEN, ...ALLOWED];
const rounds = (): Map<string, string>[] => {
  const all: Map<string, string>[] = [];
  for (const [index, { file, code }] of cases.entries()) {
    const at = placed(file, index);
    const free = all.find((round) => !round.has(at));
    if (free) free.set(at, code);
    else all.push(new Map([[at, code]]));
  }
  return all;
};

describe('the linter holds the direction of dependencies', () => {
  const found: {
    readonly files: ReadonlyMap<string, string>;
    readonly by: ReadonlyMap<string, readonly Finding[]>;
  }[] = [];
  beforeAll(async () => {
    for (const files of rounds()) found.push({ files, by: await findingsOf(files) });
  });

  const restricted = (index: number): readonly string[] => {
    const { file, code } = cases[index]!;
    const at = placed(file, index);
    const round = found.find(({ files }) => files.get(at) === code)!;
    return (round.by.get(at) ?? [])
      .filter(({ code: rule }) => rule.includes('no-restricted'))
      .map(({ message, help }) => `${message} ${help ?? ''}`);
  };

  test.each(FORBIDDEN.map((one, index) => ({ ...one, index })))(
    'refuses in $file: $code',
    ({ index, refused }) => {
      expect(restricted(index).join('\n')).toContain(refused);
    },
  );
  test.each(ALLOWED.map((one, index) => ({ ...one, index: FORBIDDEN.length + index })))(
    'lets pass in $file: $code',
    ({ index }) => {
      expect(restricted(index)).toEqual([]);
    },
  );

  it('refuses cycles', async () => {
    const by = await findingsOf(
      new Map([
        ['activities/a.ts', "import { b } from './b.ts'; export const a = (): unknown => b;"],
        ['activities/b.ts', "import { a } from './a.ts'; export const b = (): unknown => a;"],
      ]),
    );
    expect(by.get('activities/a.ts')?.map(({ code }) => code)).toContain('import(no-cycle)');
  });
});

describe('the linter holds our habits', () => {
  let by: ReadonlyMap<string, readonly Finding[]>;
  beforeAll(async () => {
    by = await findingsOf(new Map(HABITS.map(({ code }, index) => [`activities/h${index}.ts`, code])));
  });
  test.each(HABITS.map((habit, index) => ({ ...habit, index })))('$rule', ({ rule, index }) => {
    expect(by.get(`activities/h${index}.ts`)?.map(({ code }) => code)).toContain(rule);
  });
});
