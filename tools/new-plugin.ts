import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join, relative, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { format } from 'prettier';
import { contractOf, filesOf } from './new-plugin/files.ts';
import { wordsOf } from './new-plugin/words.ts';
import { projectRoot } from './project-root.ts';

// `npm run new-plugin -- <name> [--action <action>] [--into <folder>]`: a plugin that type-checks, lints and passes its
// test at once. With `--action` it implements an Action that is known, else two of its own; `--into` puts it elsewhere.

const USAGE = 'Usage: npm run new-plugin -- <name> [--action <action>] [--into <folder>]';
const STYLE = { parser: 'typescript', printWidth: 110, singleQuote: true, trailingComma: 'all' } as const;

const create = async (): Promise<string> => {
  const text = { type: 'string' } as const;
  const { values, positionals } = parseArgs({
    options: { action: text, into: text },
    allowPositionals: true,
  });
  const root = projectRoot();
  const parent = values.into === undefined ? join(root, 'plugins') : resolve(values.into);
  const words = wordsOf(positionals[0], parent);
  const contract = values.action === undefined ? undefined : contractOf(values.action);
  const folder = join(parent, words.name);
  const isOurs = !relative(join(root, 'plugins'), folder).startsWith('..');
  const module = isOurs ? `../plugins/${words.name}/plugin.ts` : join(folder, 'plugin.ts');
  const templates = join(root, 'tools/new-plugin/templates');
  const files = filesOf(templates, { words, contract, module, isOurs });

  mkdirSync(folder, { recursive: true });
  for (const [file, content] of Object.entries(files))
    writeFileSync(join(folder, file), file.endsWith('.ts') ? await format(content, STYLE) : content);
  if (!isOurs) makeHome(folder, { root, name: words.name });
  const run = isOurs ? `npm test -- plugins/${words.name}` : `cd ${folder} && node --test`;
  return `${folder} is there. Its test: ${run}\nIts README.md shows the lines for the wiring file; then: npm run check-config`;
};

/** What Node and editors need of us elsewhere: this folder under the name of the package. Nothing is downloaded. */
const makeHome = (folder: string, { root, name }: { readonly root: string; readonly name: string }): void => {
  const about = { name, private: true, type: 'module', scripts: { test: 'node --test' } };
  writeFileSync(join(folder, 'package.json'), `${JSON.stringify(about, null, 2)}\n`);
  mkdirSync(join(folder, 'node_modules'));
  symlinkSync(root, join(folder, 'node_modules/commerce-coordinator'), 'junction');
};

try {
  console.log(await create());
} catch (error) {
  console.error(`${error instanceof Error ? error.message : String(error)}\n${USAGE}`);
  process.exitCode = 1;
}
