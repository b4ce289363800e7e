import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import * as contracts from '../../contracts/all.ts';
import type { Action } from '../../contracts/define.ts';
import { sampleOf } from './sample.ts';
import type { Words } from './words.ts';

/** What a new plugin does: an Action that is known, else two of its own. */
export interface Plan {
  readonly words: Words;
  readonly contract: Action | undefined;
  /** Where its module lies, as the wiring file names it. */
  readonly module: string;
  /** In this repository jest runs its test; elsewhere Node does. */
  readonly isOurs: boolean;
}

/** The contract of that name. Throws with those that there are. */
export const contractOf = (name: string): Action => {
  const actions = Object.values(contracts).filter((contract) => contract.kind === 'action') as Action[];
  const found = actions.find((contract) => contract.name === name);
  if (found) return found;
  const known = actions.map((contract) => contract.name).toSorted();
  throw new Error(`There is no Action '${name}'. Known: ${known.join(', ')}.`);
};

/** The texts of a new plugin by their file names. `templates`: the folder of the templates. */
export const filesOf = (templates: string, plan: Plan): Readonly<Record<string, string>> => {
  const { words, contract, module, isOurs } = plan;
  const kind = contract ? (contract.effect === 'write' ? 'write' : 'read') : 'own';
  const actions = contract ? [contract.name] : [`${words.name}.find`, `${words.name}.create`];
  const variable = words.name.toUpperCase().replaceAll('-', '_');
  const values: Readonly<Record<string, string>> = {
    ...words,
    variable,
    module,
    runner: isOurs ? '' : "import { test } from 'node:test';\n",
    rows: actions.map((action) => `| \`${action}\` | … | … |`).join('\n'),
    wiring: actions.map((action) => `  ${action}: ${words.name}`).join('\n'),
    ...(contract && {
      action: contract.name,
      input: JSON.stringify(sampleOf(contract.input)),
      output: JSON.stringify(sampleOf(contract.output)),
    }),
  };
  const fill = (file: string): string =>
    readFileSync(join(templates, file), 'utf8').replaceAll(
      /@([a-z]+)@/g,
      (all, name: string) => values[name] ?? all,
    );
  return {
    'plugin.ts': fill(`${kind}/plugin.ts.txt`),
    'plugin.test.ts': fill(`${kind}/plugin.test.ts.txt`),
    'README.md': fill('README.md.txt'),
  };
};
