import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { withLock } from '../lock.mjs';
import { cacheFolder } from './cache-folder.ts';
import { findProgram } from './find-program.ts';
import { runProgram } from './run-program.ts';
import { say } from './say.ts';

/** Whether a package may be installed here: as root, on Debian or a relative such as Ubuntu. */
export function canInstallPackages(): boolean {
  return (
    process.getuid?.() === 0 && existsSync('/etc/debian_version') && findProgram('apt-get') !== undefined
  );
}

/** Installs `packageName` without starting its service, unless another process has just done it; says so first. */
export async function installPackage(packageName: string, isThere: () => boolean): Promise<void> {
  const lock = join(cacheFolder(), 'apt.lock');
  const onWait = (holder: string) => say(`Waiting for another installation of packages: ${holder}.`);
  await withLock(
    lock,
    async () => {
      if (isThere()) return;
      say(
        `Installing the package ${packageName} with apt-get (its own service is not started); about a minute.`,
      );
      if (!hasPackageLists()) await apt(['update'], 120_000);
      try {
        await installQuietly(packageName);
      } catch {
        await apt(['update'], 120_000); // Old lists name versions that the mirror no longer has.
        await installQuietly(packageName);
      }
    },
    onWait,
  );
}

const aptOptions = [
  '-q',
  '-o',
  'Acquire::Retries=1',
  '-o',
  'Acquire::http::Timeout=15',
  '-o',
  'DPkg::Lock::Timeout=60',
];

function apt(args: readonly string[], timeoutMs: number): Promise<string> {
  const env = { DEBIAN_FRONTEND: 'noninteractive', LC_ALL: 'C' };
  return runProgram({ command: 'apt-get', args: [...aptOptions, ...args], timeoutMs, env });
}

/**
 * Debian asks /usr/sbin/policy-rc.d whether a fresh package may start its service; 101 is "no". The shell keeps a
 * policy that is there already, and puts everything back even when apt-get fails or is interrupted.
 */
const installScript = `
policy=/usr/sbin/policy-rc.d
put_back() { if [ -e "$policy.before-cc" ]; then mv -f "$policy.before-cc" "$policy"; else rm -f "$policy"; fi; }
"$policy" mysql start >/dev/null 2>&1
if [ $? -ne 101 ]; then
  trap put_back EXIT; trap 'exit 1' INT TERM HUP
  if [ -e "$policy" ]; then mv -f "$policy" "$policy.before-cc"; fi
  printf '#!/bin/sh\\nexit 101\\n' > "$policy" && chmod 755 "$policy"
fi
apt-get "$@"
`;

function installQuietly(packageName: string): Promise<string> {
  const env = { DEBIAN_FRONTEND: 'noninteractive', LC_ALL: 'C' };
  const args = [...aptOptions, 'install', '-y', '--no-install-recommends', packageName];
  return runProgram({ command: 'sh', args: ['-c', installScript, 'sh', ...args], timeoutMs: 300_000, env });
}

function hasPackageLists(): boolean {
  const folder = '/var/lib/apt/lists';
  return existsSync(folder) && readdirSync(folder).some((name) => name.includes('_Packages'));
}

/** What to say where a package cannot be had this way. */
export function whyNoPackage(): string {
  if (process.getuid?.() !== 0) return 'not root, so nothing was installed';
  const name = existsSync('/etc/os-release')
    ? /^PRETTY_NAME="?([^"\n]*)/m.exec(readFileSync('/etc/os-release', 'utf8'))
    : null;
  return `${name?.[1] ?? process.platform} is not Debian or Ubuntu, so nothing was installed`;
}
