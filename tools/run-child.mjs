import { spawn } from 'node:child_process';
import { constants } from 'node:os';
import { watch } from './watch.mjs';

const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'];

/** Runs a program on our own terminal and returns its exit code; our signals are its signals, and our end its end. */
export async function runChild(command, args, options = {}) {
  const child = spawn(command, args, { stdio: 'inherit', ...options });
  const watched = watch();
  if (child.pid !== undefined) watched.running(child.pid);
  const forward = (signal) => {
    // A terminal sends its Ctrl-C to all of its processes itself; twice would mean "at once".
    if (signal === 'SIGINT' && process.stdin.isTTY && !options.detached) return;
    child.kill(signal);
  };
  for (const signal of signals) process.on(signal, forward);
  try {
    return await new Promise((resolve, reject) => {
      child.once('error', reject);
      child.once('exit', (code, signal) => resolve(signal ? 128 + constants.signals[signal] : code));
    });
  } finally {
    for (const signal of signals) process.off(signal, forward);
    watched.forget();
  }
}
