import { canInstallPackages, installPackage, whyNoPackage } from '../servers/debian-package.ts';
import { findProgram } from '../servers/find-program.ts';

const find = (): string | undefined => findProgram('chromium', 'chromium-browser', 'google-chrome');

const waysToProvide = [
  'Ways to provide a browser:',
  '- chromium or google-chrome on PATH;',
  '- root on Debian: it is then installed.',
].join('\n');

/** The path of a Chromium: from PATH, else from the distribution. */
export const findChromium = async (): Promise<string> => {
  const known = find();
  if (known) return known;
  if (!canInstallPackages()) throw new Error(`No chromium on PATH; ${whyNoPackage()}.\n${waysToProvide}`);
  try {
    await installPackage('chromium', () => find() !== undefined);
  } catch (error) {
    throw new Error(`chromium could not be installed: ${(error as Error).message}\n${waysToProvide}`, {
      cause: error,
    });
  }
  const installed = find();
  if (!installed) throw new Error(`The package chromium brought no browser.\n${waysToProvide}`);
  return installed;
};
