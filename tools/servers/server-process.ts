import { spawn, type ChildProcess } from 'node:child_process';
import { closeSync, openSync, readFileSync } from 'node:fs';

export interface ServerProcess {
  readonly pid: number;
  /** How it ended, or undefined while it runs. */
  ended(): string | undefined;
  /** Sends the signal, and SIGKILL if the process has not ended after `patienceMs`. */
  end(signal: NodeJS.Signals, patienceMs: number): Promise<void>;
}

export interface Launch {
  readonly command: string;
  readonly args: readonly string[];
  readonly folder: string;
  readonly logFile: string;
}

/** Starts a program in a session of its own, so that only we end it: a Ctrl-C first reaches those that use it. */
export async function launch({ command, args, folder, logFile }: Launch): Promise<ServerProcess> {
  const log = openSync(logFile, 'a');
  const child = spawn(command, args, { cwd: folder, stdio: ['ignore', log, log], detached: true });
  closeSync(log);
  let ending: string | undefined;
  const exited = new Promise<void>((resolve) => {
    child.once('exit', (code, signal) => {
      ending = signal ? `ended by ${signal}` : `ended with code ${code}`;
      resolve();
    });
  });
  await started(child, command);
  child.unref();
  return {
    pid: child.pid ?? 0,
    ended: () => ending,
    async end(signal, patienceMs) {
      if (ending) return;
      child.ref(); // Else this process could end before the child has.
      child.kill(signal);
      const timer = setTimeout(() => child.kill('SIGKILL'), patienceMs);
      await exited;
      clearTimeout(timer);
    },
  };
}

function started(child: ChildProcess, command: string): Promise<void> {
  return new Promise((resolve, reject) => {
    child.once('spawn', resolve);
    child.once('error', (error) => reject(new Error(`'${command}' could not be started: ${error.message}`)));
  });
}

/** The end of a log, for an error message. */
export function tailOf(logFile: string, lines = 15): string {
  try {
    return readFileSync(logFile, 'utf8').trimEnd().split('\n').slice(-lines).join('\n');
  } catch {
    return '';
  }
}
