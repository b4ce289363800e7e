import { mkdirSync, mkdtempSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { withLock } from '../lock.mjs';
import { projectRoot } from '../project-root.ts';
import { cacheFolder } from './cache-folder.ts';
import { findProgram, isProgram } from './find-program.ts';
import { runProgram } from './run-program.ts';
import { say } from './say.ts';

/** That of tools/temporal/go.mod. */
const version = '1.8.2';

/** The `temporal` program with its dev server: from PATH, else the user's cached build, else built now with Go. */
export async function findTemporal(): Promise<string> {
  const onPath = findProgram('temporal');
  if (onPath) return onPath;
  const built = join(
    cacheFolder(),
    `temporal-${version}`,
    process.platform === 'win32' ? 'temporal.exe' : 'temporal',
  );
  if (isProgram(built)) return built;
  const go = findProgram('go') ?? findProgram('/usr/local/go/bin/go');
  if (!go) throw new Error(`No temporal on PATH, and no go to build it with.\n${waysToProvide}`);
  await withLock(
    `${built}.lock`,
    async () => {
      if (!isProgram(built)) await build(go, built);
    },
    (holder) => say(`Waiting for another build of Temporal's server: ${holder}.`),
  );
  return built;
}

const waysToProvide = [
  'Ways to provide Temporal:',
  '- the address of a running one, e.g. TEMPORAL_ADDRESS=127.0.0.1:7233 (docker compose up -d temporal starts one);',
  '- the temporal program on PATH (https://docs.temporal.io/cli#install, or brew install temporal);',
  '- Go on PATH (https://go.dev/dl): it is then built here, once, from tools/temporal.',
].join('\n');

async function build(go: string, built: string): Promise<void> {
  say(`Building Temporal's server ${version} with ${go}: takes 2 to 5 minutes, once.`);
  const began = Date.now();
  const progress = setInterval(
    () => say(`… still building, ${Math.round((Date.now() - began) / 1000)} s`),
    15_000,
  );
  const folder = join(built, '..');
  mkdirSync(folder, { recursive: true });
  const draft = mkdtempSync(join(folder, 'build-'));
  try {
    const output = join(draft, 'temporal');
    await runProgram({
      command: go,
      args: ['build', '-ldflags', '-s -w', '-o', output, 'github.com/temporalio/cli/cmd/temporal'],
      cwd: join(projectRoot(), 'tools/temporal'),
      timeoutMs: 20 * 60_000,
    });
    renameSync(output, built);
  } catch (error) {
    throw new Error(`Temporal's server could not be built: ${(error as Error).message}\n${waysToProvide}`, {
      cause: error,
    });
  } finally {
    clearInterval(progress);
    rmSync(draft, { recursive: true, force: true });
  }
}
