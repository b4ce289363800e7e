import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { projectRoot } from '../../tools/project-root.ts';

export const WIRING_FILE = join(projectRoot(), 'config/coordinator.yaml');

const valueOf = (name: string): string => {
  if (!name.endsWith('_URL')) return `any-${name.toLowerCase()}`;
  return name.startsWith('SMTP') ? 'smtp://127.0.0.1:9' : 'http://127.0.0.1:9';
};

/** Something for every name that the repository's wiring file takes from the environment. */
export const anyEnvironment = (): Record<string, string> =>
  Object.fromEntries(
    [...readFileSync(WIRING_FILE, 'utf8').matchAll(/\$\{([A-Z0-9_]+)\}/g)].map(([, name = '']) => [
      name,
      valueOf(name),
    ]),
  );
