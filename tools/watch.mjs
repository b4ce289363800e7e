/** Makes sure that what this process started ends with it. Plain JavaScript on Node's built-ins: `run.mjs` needs it too. */
import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';

/** One for all that is watched at a moment; it ends itself when nothing is. */
let watchdog;
let lastId = 0;

/** From now on the `paths` are removed, and the process is killed, when this process ends in whatever way. */
export function watch(paths = []) {
  watchdog ??= startWatchdog();
  const mine = watchdog;
  const id = ++lastId;
  const tell = (message) => void mine.stdin.write(`${JSON.stringify(message)}\n`);
  mine.watched.add(id);
  tell({ watch: id, paths });
  return {
    running: (pid) => tell({ watch: id, pid, paths }),
    forget() {
      if (!mine.watched.delete(id)) return;
      tell({ forget: id });
      if (mine.watched.size > 0) return;
      if (watchdog === mine) watchdog = undefined;
      mine.stdin.end();
    },
  };
}

function startWatchdog() {
  const program = fileURLToPath(new URL('watchdog.mjs', import.meta.url));
  const child = spawn(process.execPath, [program], {
    stdio: ['pipe', 'ignore', 'ignore'],
    detached: true, // In a session of its own, Ctrl-C and a kill of our group do not reach it.
    env: { PATH: process.env.PATH },
  });
  child.on('error', () => {});
  child.stdin.on('error', () => {}); // A watchdog that somebody killed must not end the work that it watched.
  child.unref();
  child.stdin.unref();
  return { stdin: child.stdin, watched: new Set() };
}
