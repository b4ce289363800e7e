import { registerHooks } from 'node:module';
import { isAbsolute } from 'node:path';
import { pathToFileURL } from 'node:url';

const OWN = new URL('../', import.meta.url).href;
const SHARED = /^(commerce-coordinator|zod)(\/|$)/;

/** Whether a module is a plugin's from elsewhere: outside of this repository, or an installed package that names our SDK. */
const isForeign = (parent: string | undefined, specifier: string): boolean =>
  parent === undefined ||
  !parent.startsWith(OWN) ||
  (parent.startsWith(`${OWN}node_modules/`) && specifier.startsWith('commerce-coordinator'));

/** Whether a plugin is a package, or lies outside of this repository. */
const isElsewhere = (module: string): boolean =>
  !isAbsolute(module) || !pathToFileURL(module).href.startsWith(OWN);

interface Loading {
  /** The URL of the module that imports plugins. */
  readonly loader: string;
  /** The wiring file: packages are looked for from there first, then here. */
  readonly file: string;
  /** What is imported: absolute paths and names of packages. */
  readonly modules: readonly string[];
}

/**
 * Gives plugins outside of this repository our SDK and our zod, wherever they lie and whatever is installed there: two
 * copies would not know each other's errors and schemas. Holds for the whole process; changes nothing where every
 * plugin is our own.
 */
export const shareSdk = ({ loader, file, modules }: Loading): void => {
  if (!modules.some(isElsewhere)) return;
  registerHooks({
    resolve(specifier, context, next) {
      const { parentURL, conditions } = context;
      if (SHARED.test(specifier) && isForeign(parentURL, specifier)) {
        // Also for `require`: its condition would answer a second copy of zod.
        const importing = conditions.map((name) => (name === 'require' ? 'import' : name));
        return next(specifier, { ...context, parentURL: import.meta.url, conditions: importing });
      }
      if (parentURL !== loader || /^([./]|\w+:)/.test(specifier)) return next(specifier, context);
      try {
        return next(specifier, { ...context, parentURL: pathToFileURL(file).href });
      } catch {
        return next(specifier, context);
      }
    },
  });
};
