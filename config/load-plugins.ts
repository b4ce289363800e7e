import { readFile } from 'node:fs/promises';
import { dirname, isAbsolute, resolve } from 'node:path';
import { parse } from 'yaml';
import * as contracts from '../contracts/all.ts';
import type { ServicePlugin } from '../plugins/sdk/plugin.ts';
import { checkWiring } from './check.ts';
import type { Secrets } from './env.ts';
import { mistake, mistakesOf } from './mistake.ts';
import { WiringFile } from './schema.ts';
import { shareSdk } from './share-sdk.ts';
import { readSoundPart } from './sound-part.ts';
import type { Wiring } from './wiring.ts';

/** A configuration that cannot run. `mistakes` holds them all: what is wrong, what is legal, what to do. */
export class ConfigurationError extends Error {
  override readonly name = 'ConfigurationError';
  readonly mistakes: readonly string[];
  constructor(file: string, mistakes: readonly string[]) {
    super(`${file} has ${mistakes.length} mistake(s):\n${mistakes.map((line) => `  - ${line}`).join('\n')}`);
    this.mistakes = mistakes;
  }
}

interface Filling {
  readonly env: Secrets;
  readonly at: string;
  /** The mistakes by the key where they are. */
  readonly unset: Map<string, string>;
}

/** Replaces `${NAME}` in every text by the environment's value, and notes those that are not set. */
const fillIn = (value: unknown, { env, at, unset }: Filling): unknown => {
  if (typeof value === 'string') {
    return value.replaceAll(/\$\{([^}]*)\}/g, (_all, name: string) => {
      const isName = /^[A-Z][A-Z0-9_]*$/.test(name);
      const found = isName ? env[name] : undefined;
      if (found === undefined) unset.set(at, isName ? isUnset(at, name) : isNoName(at, name));
      return found ?? '';
    });
  }
  if (Array.isArray(value))
    return value.map((item, index) => fillIn(item, { env, at: `${at}.${index}`, unset }));
  if (value !== null && typeof value === 'object') {
    return Object.fromEntries(
      Object.entries(value).map(([key, field]) => [
        key,
        fillIn(field, { env, at: at ? `${at}.${key}` : key, unset }),
      ]),
    );
  }
  return value;
};

const isUnset = (at: string, name: string): string =>
  mistake(at, `the environment has no ${name}`, {
    legal: `${name} with the value, or ${name}_FILE with the path of a file that holds it`,
    remedy: `Set ${name}`,
  });

const isNoName = (at: string, name: string): string =>
  mistake(at, `'\${${name}}' names nothing in the environment`, {
    legal: '${NAME} in capital letters, digits and _',
    remedy: 'Correct the name',
  });

const camelCase = (name: string): string =>
  name.replaceAll(/-([a-z0-9])/g, (_all, letter: string) => letter.toUpperCase());

const reasonOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));

/** Loads one plugin. Answers what is wrong where it cannot. */
const importPlugin = async (name: string, module: string): Promise<ServicePlugin | string> => {
  const at = `plugins.${name}.module`;
  let exported: Readonly<Record<string, unknown>>;
  try {
    exported = (await import(module)) as typeof exported;
  } catch (error) {
    return mistake(at, `'${module}' cannot be loaded: ${reasonOf(error).split('\n')[0]}`, {
      legal: 'a path relative to the wiring file, or the name of an installed package',
      remedy: 'Correct the path, install the package, or mend the module',
    });
  }
  const plugin = exported[camelCase(name)] as Partial<ServicePlugin> | undefined;
  if (typeof plugin?.service === 'string' && typeof plugin.settings?.safeParse === 'function')
    return plugin as ServicePlugin;
  return mistake(at, `'${module}' exports no plugin called '${camelCase(name)}'`, {
    legal: `\`export const ${camelCase(name)} = servicePlugin({ … })\`; it exports ${Object.keys(exported).join(', ') || 'nothing'}`,
    remedy: 'Export it under that name, or rename the key here',
  });
};

/**
 * Reads the wiring file, loads the plugins that it names and checks everything. Throws ConfigurationError with all
 * mistakes in one list. Plugins are named nowhere else.
 */
export const loadWiring = async (file: string, env: Secrets): Promise<Wiring> => {
  const path = resolve(file);
  const text = await readFile(path, 'utf8').catch((error: Error) => {
    throw new ConfigurationError(file, [`cannot be read: ${error.message}. Name it in CC_CONFIG.`]);
  });
  let raw: unknown;
  try {
    raw = parse(text);
  } catch (error) {
    throw new ConfigurationError(file, [`is not YAML: ${reasonOf(error)}`]);
  }
  const unset = new Map<string, string>();
  const filled = fillIn(raw, { env, at: '', unset });
  const { sound, issues } = readSoundPart(WiringFile, filled);
  const mistakes = [...mistakesOf(WiringFile, issues, { value: filled })];
  if (!sound) throw new ConfigurationError(file, [...unset.values(), ...mistakes]);

  const modules = Object.entries(sound.plugins).map(([name, { module }]) => ({
    name,
    module: module.startsWith('.') || isAbsolute(module) ? resolve(dirname(path), module) : module,
  }));
  shareSdk({ loader: import.meta.url, file: path, modules: modules.map(({ module }) => module) });
  const loaded = new Map<string, ServicePlugin>();
  for (const { name, module } of modules) {
    const plugin = await importPlugin(name, module);
    if (typeof plugin === 'string') mistakes.push(plugin);
    else loaded.set(name, plugin);
  }
  const written = filled as { readonly [section in 'plugins' | 'actions']: object };
  const wiring = checkWiring(
    {
      file: sound,
      plugins: loaded,
      contracts: Object.values(contracts),
      written: {
        plugins: new Set(Object.keys(written.plugins)),
        actions: new Set(Object.keys(written.actions)),
      },
    },
    mistakes,
  );
  // What is not set is refused by its schema as well; that is the same mistake.
  const others = mistakes.filter((line) => ![...unset.keys()].some((at) => line.startsWith(`${at}:`)));
  if (unset.size + others.length > 0) throw new ConfigurationError(file, [...unset.values(), ...others]);
  return wiring;
};
