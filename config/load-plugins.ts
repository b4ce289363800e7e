import { readFile } from 'node:fs/promises';
import { dirname, isAbsolute, resolve } from 'node:path';
import { parse } from 'yaml';
import * as contracts from '../contracts/all.ts';
import type { ServicePlugin } from '../plugins/sdk/plugin.ts';
import { checkWiring } from './check.ts';
import type { Secrets } from './env.ts';
import { WiringFile } from './schema.ts';
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

/** Replaces `${NAME}` in every text by the environment's value, and names those that are not set. */
const fillIn = (
  value: unknown,
  { env, at, mistakes }: { env: Secrets; at: string; mistakes: string[] },
): unknown => {
  if (typeof value === 'string') {
    return value.replaceAll(/\$\{([A-Z][A-Z0-9_]*)\}/g, (_all, name: string) => {
      const found = env[name];
      if (found === undefined)
        mistakes.push(`${at}: the environment has no ${name}. Set ${name}, or ${name}_FILE with a path.`);
      return found ?? '';
    });
  }
  if (Array.isArray(value))
    return value.map((item, index) => fillIn(item, { env, at: `${at}[${index}]`, mistakes }));
  if (value !== null && typeof value === 'object') {
    return Object.fromEntries(
      Object.entries(value).map(([key, field]) => [
        key,
        fillIn(field, { env, at: at ? `${at}.${key}` : key, mistakes }),
      ]),
    );
  }
  return value;
};

const camelCase = (name: string): string =>
  name.replaceAll(/-([a-z0-9])/g, (_all, letter: string) => letter.toUpperCase());

const importPlugin = async (
  name: string,
  module: string,
  folder: string,
): Promise<ServicePlugin | string> => {
  const path = module.startsWith('.') || isAbsolute(module) ? resolve(folder, module) : module;
  const exported: Record<string, unknown> = await import(path).catch((error: unknown) => ({ failed: error }));
  if ('failed' in exported) {
    return `plugins.${name}.module: '${module}' cannot be loaded (${exported.failed instanceof Error ? exported.failed.message : String(exported.failed)}). Give a path relative to the wiring file, or an installed package.`;
  }
  const plugin = exported[camelCase(name)];
  if (plugin === null || typeof plugin !== 'object' || !('service' in plugin)) {
    return `plugins.${name}.module: '${module}' exports ${Object.keys(exported).join(', ') || 'nothing'}, but no plugin called '${camelCase(name)}'. Export it under that name.`;
  }
  return plugin as ServicePlugin;
};

const issuesOf = (
  error: { issues: readonly { path: readonly PropertyKey[]; message: string }[] },
  at = '',
): readonly string[] =>
  error.issues.map(
    ({ path, message }) => `${[at, ...path.map(String)].filter(Boolean).join('.')}: ${message}`,
  );

/**
 * Reads the wiring file, loads the plugins that it names and checks everything. Throws ConfigurationError with all
 * mistakes in one list. Plugins are named nowhere else.
 */
export const loadWiring = async (file: string, env: Secrets): Promise<Wiring> => {
  const path = resolve(file);
  const text = await readFile(path, 'utf8').catch((error: Error) => {
    throw new ConfigurationError(file, [`cannot be read: ${error.message}. Name it in CC_CONFIG.`]);
  });
  const mistakes: string[] = [];
  let raw: unknown;
  try {
    raw = parse(text);
  } catch (error) {
    throw new ConfigurationError(file, [
      `is not YAML: ${error instanceof Error ? error.message : String(error)}`,
    ]);
  }
  const parsed = WiringFile.safeParse(fillIn(raw, { env, at: '', mistakes }));
  if (!parsed.success) throw new ConfigurationError(file, [...mistakes, ...issuesOf(parsed.error)]);

  const loaded = new Map<string, ServicePlugin>();
  for (const [name, { module }] of Object.entries(parsed.data.plugins)) {
    const plugin = await importPlugin(name, module, dirname(path));
    if (typeof plugin === 'string') mistakes.push(plugin);
    else loaded.set(name, plugin);
  }
  const wiring = checkWiring(
    { file: parsed.data, plugins: loaded, contracts: Object.values(contracts), issuesOf },
    mistakes,
  );
  if (mistakes.length > 0) throw new ConfigurationError(file, mistakes);
  return wiring;
};
