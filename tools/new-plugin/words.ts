import { existsSync, readdirSync } from 'node:fs';

/** A plugin's name in the forms that code needs. */
export interface Words {
  readonly name: string;
  /** The export. */
  readonly camel: string;
}

const KEBAB = /^[a-z][a-z0-9]*(-[a-z0-9]+)*$/;
/** `flows` is the flows' own task queue; the rest cannot name an export. */
const TAKEN = new Set(
  'sdk flows action break case catch class const continue debugger default delete do else enum export extends false finally for function if import in instanceof interface let new null package private protected public return static super switch this throw true try typeof var void while with yield await settings test'.split(
    ' ',
  ),
);

/** Throws with what would be legal. */
export const wordsOf = (name: string | undefined, folder: string): Words => {
  if (name === undefined)
    throw new Error('Which name? A plugin is named after its Service, in kebab-case: mail-chimp.');
  if (!KEBAB.test(name))
    throw new Error(
      `'${name}' cannot name a plugin. Legal: letters, digits and single dashes, as in mail-chimp.`,
    );
  if (TAKEN.has(name))
    throw new Error(`'${name}' is a word of ours or of the language. Choose the Service's own name.`);
  const there = (existsSync(folder) ? readdirSync(folder, { withFileTypes: true }) : []).filter((entry) =>
    entry.isDirectory(),
  );
  const plugins = there.map((entry) => entry.name).filter((known) => known !== 'sdk');
  if (plugins.includes(name))
    throw new Error(`'${name}' is taken: ${folder}/${name}. There are: ${plugins.toSorted().join(', ')}.`);
  return { name, camel: name.replaceAll(/-([a-z0-9])/g, (_all, letter: string) => letter.toUpperCase()) };
};
