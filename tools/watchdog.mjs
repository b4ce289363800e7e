/**
 * Outlives its parent by a moment: when the parent is gone, in whatever way (even kill -9), its end of our stdin closes,
 * and what it still had running is killed and its folders are removed. Lines on stdin: `{watch: id, pid?, paths}`, `{forget: id}`.
 */
import { rmSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { isRunning } from './is-running.mjs';

const watched = new Map();

for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => {});

for await (const line of createInterface({ input: process.stdin })) {
  const message = JSON.parse(line);
  if (message.forget === undefined) watched.set(message.watch, message);
  else watched.delete(message.forget);
}

const pids = [...watched.values()].map((entry) => entry.pid).filter((pid) => pid !== undefined);
for (const pid of pids) kill(pid);
for (let tries = 0; tries < 100 && pids.some(isRunning); tries++)
  await new Promise((done) => setTimeout(done, 50));
for (const { paths } of watched.values()) {
  for (const path of paths) rmSync(path, { recursive: true, force: true, maxRetries: 5, retryDelay: 100 });
}

/** One that leads a group of its own takes its children along. */
function kill(pid) {
  for (const target of process.platform === 'win32' ? [pid] : [-pid, pid]) {
    try {
      process.kill(target, 'SIGKILL');
    } catch {
      // Gone already.
    }
  }
}
