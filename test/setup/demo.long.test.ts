import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { isRunning } from '../../tools/is-running.mjs';
import { projectRoot } from '../../tools/project-root.ts';

const onLinux = process.platform === 'linux' ? test : test.skip;

onLinux('the demonstration makes three purchases, judges them, and leaves nothing running', async () => {
  await using demo = startDemo();
  expect(await demo.code).toBe(0);
  const text = demo.output();
  for (const one of [
    /1\. Ada buys a course.*all goes well/,
    /2\. Grace buys it too, while the LMS answers 503/,
    /3\. Ada buys another course.*her money goes back/,
    /enrollment\.grant +attempt 1 failed: service\.unavailable/,
    /undo:payment\.refund +done: succeeded/,
    /1 +CC-\d+ +completed +1 \(49\.00 USD\) +0 +1 /,
    /2 +CC-\d+ +completed +1 \(49\.00 USD\) +0 +1 /,
    /3 +CC-\d+ +refunded +1 \(99\.00 USD\) +1 \(99\.00 USD\) +0 /,
  ]) {
    expect(text).toMatch(one);
  }
  expect(text).toContain('violations: none');
  // Warm, 60 s at most on a machine of one's own; here other tests may run beside it.
  expect(Number(/All as it must be, after ([\d.]+) s/.exec(text)?.[1])).toBeLessThan(120);
  await demo.noProcessIsLeft();
  await demo.noFileIsLeft();
});

onLinux('Ctrl-C in the middle of the demonstration stops everything', async () => {
  await using demo = startDemo();
  await demo.says('2. Grace');
  demo.pressCtrlC();
  expect(await demo.code).not.toBe(0);
  expect(demo.output()).not.toContain('violations:');
  await demo.noProcessIsLeft();
  await demo.noFileIsLeft();
});

onLinux('Ctrl-C while the servers are being started stops everything', async () => {
  await using demo = startDemo();
  await demo.says('Starting MySQL');
  await pause(1_500);
  demo.pressCtrlC();
  expect(await demo.code).not.toBe(0);
  expect(demo.output()).not.toContain('1. Ada');
  await demo.noProcessIsLeft();
});

/** `npm run demo` as the leader of a terminal's foreground group, with temporary files of its own. */
function startDemo() {
  const temporary = mkdtempSync(join(tmpdir(), 'cc-d-'));
  const npm = spawn('npm', ['run', '--silent', 'demo'], {
    cwd: projectRoot(),
    env: { ...process.env, TMPDIR: temporary, NODE_OPTIONS: '' },
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: true,
  });
  let output = '';
  for (const stream of [npm.stdout, npm.stderr]) stream.on('data', (text) => (output += String(text)));
  const family = watchFamily(npm);
  const code = once(npm, 'close').then(([exit]) => exit as number | null);
  return {
    code,
    output: () => output,
    pressCtrlC: () => process.kill(-Number(npm.pid), 'SIGINT'),
    async says(text: string) {
      const isThere = await until(() => output.includes(text) || npm.exitCode !== null, 120_000);
      if (!isThere || !output.includes(text)) throw new Error(`It never said '${text}', but:\n${output}`);
    },
    async noProcessIsLeft() {
      // The watchdog outlives the demonstration by a moment.
      await until(() => family.alive().length === 0, 15_000);
      expect(family.alive()).toEqual([]);
      // Else it proved nothing.
      expect(family.seen()).toBeGreaterThan(3);
    },
    async noFileIsLeft() {
      await until(() => filesIn(temporary).length === 0, 5_000);
      expect(filesIn(temporary)).toEqual([]);
    },
    async [Symbol.asyncDispose]() {
      family.stop();
      if (npm.exitCode === null && npm.signalCode === null) process.kill(-Number(npm.pid), 'SIGKILL');
      await code;
      rmSync(temporary, { recursive: true, force: true });
    },
  };
}

/** All processes that ever descended from this one, those with a group or session of their own included. */
function watchFamily({ pid: root }: ChildProcess) {
  const kin = new Map<string, string>();
  const look = (): void => {
    const now = new Map(processes().map((one) => [one.pid, one]));
    const descends = (pid: number): boolean =>
      pid === root || (pid > 1 && descends(now.get(pid)?.parent ?? 0));
    for (const { pid, id } of now.values())
      if (descends(pid)) kin.set(id, read(`/proc/${pid}/cmdline`).replaceAll('\0', ' '));
  };
  const timer = setInterval(look, 100);
  return {
    seen: () => kin.size,
    stop: () => clearInterval(timer),
    alive: () =>
      processes()
        .filter(({ pid, id }) => kin.has(id) && isRunning(pid))
        .map(({ id }) => kin.get(id)),
  };
}

/** `id`: a later process with the same number has another one. */
function processes(): { readonly pid: number; readonly parent: number; readonly id: string }[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map((name) => {
      const stat = read(`/proc/${name}/stat`);
      const [, parent, ...others] = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
      return { pid: Number(name), parent: Number(parent), id: `${name} since ${others[17]}` };
    });
}

function read(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return '';
  }
}

/** Reservations of ports are files too; folders of Node's and npm's own caches are not ours. */
function filesIn(folder: string): string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => !entry.isDirectory() && !entry.parentPath.includes('node-compile-cache'))
    .map((entry) => join(entry.parentPath, entry.name));
}

async function until(isTrue: () => boolean, withinMs: number): Promise<boolean> {
  for (const end = Date.now() + withinMs; Date.now() < end; await pause(100)) if (isTrue()) return true;
  return isTrue();
}
