import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse, stringify } from 'yaml';
import { projectRoot } from '../project-root.ts';

type Tree = { readonly [key: string]: unknown };
const isTree = (value: unknown): value is Tree =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const merge = (base: Tree, over: Tree): Tree =>
  Object.fromEntries(
    [...new Set([...Object.keys(base), ...Object.keys(over)])].map((key) => {
      const [below, above] = [base[key], over[key]];
      return [
        key,
        isTree(below) && isTree(above) ? merge(below, above) : above === undefined ? below : above,
      ];
    }),
  );

/** Writes the repository's wiring with changes into `folder`, and answers the new file's path. */
export const writeWiring = (folder: string, changes: Tree): string => {
  const config = join(projectRoot(), 'config');
  const base = parse(readFileSync(join(config, 'coordinator.yaml'), 'utf8')) as {
    plugins: Record<string, { module: string }>;
  };
  const plugins = Object.fromEntries(
    Object.entries(base.plugins).map(([name, plugin]) => [
      name,
      { ...plugin, module: join(config, plugin.module) },
    ]),
  );
  const file = join(folder, 'coordinator.yaml');
  writeFileSync(file, stringify(merge({ ...base, plugins }, changes)));
  return file;
};
