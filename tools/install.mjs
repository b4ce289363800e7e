/** Brings node_modules in line with package-lock.json, once per change, for any number of runs at a time. */
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { withLock } from './lock.mjs';
import { watch } from './watch.mjs';

const installTimeoutMs = 15 * 60_000;

export async function installDependencies(root) {
  if (isCurrent(root)) return;
  const onWait = (holder) => say(`Waiting for the installation of dependencies by ${holder}.`);
  await withLock(
    join(root, '.build/install.lock'),
    async () => {
      if (isCurrent(root)) return;
      if (!isInstalled(root)) await install(root);
      writeFileSync(stampFile(root), currentStamp(root));
    },
    onWait,
  );
}

const stampFile = (root) => join(root, 'node_modules/.cc-stamp');

function isCurrent(root) {
  try {
    return readFileSync(stampFile(root), 'utf8') === currentStamp(root);
  } catch {
    return false;
  }
}

function currentStamp(root) {
  const lock = readFileSync(join(root, 'package-lock.json'));
  return `${createHash('sha256').update(lock).digest('hex')} ${process.platform}-${process.arch}\n`;
}

/**
 * npm notes what it installed in node_modules/.package-lock.json, last of all. When that says what package-lock.json
 * says, somebody ran `npm install` or `npm ci` already; doing it again would only take time.
 */
function isInstalled(root) {
  let installed;
  try {
    installed = JSON.parse(readFileSync(join(root, 'node_modules/.package-lock.json'), 'utf8')).packages;
  } catch {
    return false;
  }
  const mayBeMissing = (entry) => entry.optional === true && !(entry.os && isForHere(entry));
  return Object.entries(readLock(root)).every(([path, entry]) => {
    if (path === '') return true;
    const found = installed[path];
    return found
      ? found.version === entry.version && found.integrity === entry.integrity
      : mayBeMissing(entry);
  });
}

const readLock = (root) => JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8')).packages;

/** Whether npm installs an optional package here; where that depends on the C library, nothing is asserted. */
function isForHere({ os, cpu, libc }) {
  return !libc && allows(os, process.platform) && allows(cpu, process.arch);
}

function allows(names, actual) {
  const list = [names ?? actual].flat(); // A lock file has a name alone or a list of them.
  if (list.includes(actual)) return true;
  return list.every((name) => name.startsWith('!')) && !list.includes(`!${actual}`);
}

async function install(root) {
  say(
    'Installing dependencies with npm ci: about a minute, once and after each change of package-lock.json.',
  );
  const began = Date.now();
  const progress = setInterval(
    () => say(`… still installing, ${Math.round((Date.now() - began) / 1000)} s`),
    15_000,
  );
  try {
    const offline = (await canReachRegistry(root)) ? [] : ['--offline'];
    const first = await runNpm(root, 'ci', ...offline);
    if (first.code === 0) return;
    if (!lacksOnlyOtherPlatforms(root, first.output)) throw npmError('npm ci', first, offline);
    const second = await runNpm(root, 'install', '--no-save', ...offline);
    if (second.code !== 0) throw npmError('npm install', second, offline);
    if (isInstalled(root)) return;
    throw new Error(
      'npm install brought other versions than package-lock.json names. Bring it in line with package.json.',
    );
  } finally {
    clearInterval(progress);
  }
}

/**
 * A registry without the binaries of other platforms leaves them out of a lock file that is written against it, and
 * `npm ci` then refuses that lock file. `npm install` with the same lock file installs the same, and is checked.
 */
function lacksOnlyOtherPlatforms(root, output) {
  const complaints = [...output.matchAll(/(Missing|Invalid): (@?[^@\s]+)/g)];
  const optional = new Set(
    Object.values(readLock(root)).flatMap((entry) => Object.keys(entry.optionalDependencies ?? {})),
  );
  return (
    complaints.length > 0 && complaints.every(([, kind, name]) => kind === 'Missing' && optional.has(name))
  );
}

/** Asked first, for one package: without a network, npm would try each of hundreds several times. */
async function canReachRegistry(root) {
  const { code } = await runNpm(
    root,
    'view',
    'prettier',
    'version',
    '--fetch-retries=1',
    '--fetch-timeout=8000',
  );
  return code === 0;
}

function npmError(command, { code, output }, offline) {
  const tail = output.trim().split('\n').slice(-8).join('\n');
  if (offline.length > 0) {
    return new Error(
      "The npm registry cannot be reached, and npm's cache does not hold all packages. Check the network, the proxy and " +
        `'npm config get registry', then try again. npm's last lines:\n${tail}`,
    );
  }
  return new Error(`${command} failed (code ${code}). Its last lines:\n${tail}`);
}

const options = ['--include=dev', '--include=optional', '--no-audit', '--no-fund', '--loglevel=error'];

function runNpm(root, ...command) {
  const env = { ...process.env };
  delete env.npm_config_local_prefix; // That of another folder, when a task of ours runs another clone.
  const isWindows = process.platform === 'win32';
  const child = spawn(isWindows ? 'npm.cmd' : 'npm', [...command, ...options], {
    cwd: root,
    env,
    shell: isWindows, // A .cmd file needs one.
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: !isWindows, // The leader of its group, so that all of npm ends with us.
  });
  const watched = watch();
  const end = () => endGroup(child);
  const timer = setTimeout(end, installTimeoutMs);
  const onSignal = (signal) => {
    end();
    process.exit(signal === 'SIGINT' ? 130 : 143);
  };
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, onSignal);
  let output = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (text) => (output += text));
  return new Promise((resolve, reject) => {
    if (child.pid !== undefined) watched.running(child.pid);
    child.once('error', (error) =>
      reject(
        error.code === 'ENOENT'
          ? new Error("'npm' was not found on PATH. Install Node 18 or newer with npm (https://nodejs.org).")
          : error,
      ),
    );
    child.once('close', (code, signal) => resolve({ code: code ?? signal, output }));
  }).finally(() => {
    clearTimeout(timer);
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.off(signal, onSignal);
    watched.forget();
  });
}

function endGroup(child) {
  try {
    process.kill(process.platform === 'win32' ? child.pid : -child.pid, 'SIGKILL');
  } catch {
    // Ended already.
  }
}

function say(line) {
  process.stderr.write(`${line}\n`);
}
