import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import { projectRoot } from '../project-root.ts';
import { watch } from '../watch.mjs';

/** One of our own processes, as an operator starts it. */
export interface NodeProcess {
  readonly pid: number;
  /** The log line that said it was ready. */
  readonly ready: Readonly<Record<string, unknown>>;
  /** All that it logged, one JSON line each. */
  readonly log: readonly string[];
  signal(name: NodeJS.Signals): void;
  /** SIGTERM, and SIGKILL where that does not help; resolves with the exit code (null after a signal). */
  stop(): Promise<number | null>;
  /** SIGKILL, as a crash. */
  kill(): Promise<void>;
}

export interface NodeProcessOptions {
  readonly name: string;
  readonly script: string;
  readonly env: Readonly<Record<string, string>>;
  /** The `msg` of the log line that says it is ready. */
  readonly readyWhen: string;
  readonly readyWithinMs?: number;
}

/** Starts one of our processes and waits until it says that it is ready. Throws with the end of its log when it does not. */
export const startNodeProcess = async (options: NodeProcessOptions): Promise<NodeProcess> => {
  const { name, script, env, readyWhen, readyWithinMs = 60_000 } = options;
  const child = spawnNode(script, env);
  const watched = watch();
  const log: string[] = [];
  const exited = new Promise<number | null>((done) =>
    child.once('exit', (code) => {
      watched.forget();
      done(code);
    }),
  );
  const ready = readLog(child, log, readyWhen);
  const tail = () => log.slice(-8).join('\n');
  if (child.pid !== undefined) watched.running(child.pid);
  let timer: NodeJS.Timeout | undefined;
  const outcome = await Promise.race([
    ready,
    exited.then((code) => `${name} ended with code ${code} before it was ready:\n${tail()}`),
    new Promise<string>((late) => {
      timer = setTimeout(
        () => late(`${name} was not ready within ${readyWithinMs / 1_000} s:\n${tail()}`),
        readyWithinMs,
      );
    }),
  ]);
  clearTimeout(timer);
  if (typeof outcome === 'string') {
    child.kill('SIGKILL');
    throw new Error(outcome);
  }
  const running = () => child.exitCode === null && child.signalCode === null;
  return {
    pid: child.pid ?? 0,
    ready: outcome,
    log,
    signal: (signal) => void child.kill(signal),
    async stop() {
      if (running()) child.kill('SIGTERM');
      const force = setTimeout(() => child.kill('SIGKILL'), 20_000);
      const code = await exited;
      clearTimeout(force);
      return code;
    },
    async kill() {
      if (running()) child.kill('SIGKILL');
      await exited;
    },
  };
};

/** Keeps every line, and resolves with the one that says it is ready. */
const readLog = (
  { stdout, stderr }: { readonly stdout: Readable; readonly stderr: Readable },
  log: string[],
  readyWhen: string,
): Promise<Record<string, unknown>> =>
  new Promise((resolve) => {
    for (const input of [stdout, stderr]) {
      createInterface({ input }).on('line', (line) => {
        log.push(line);
        if (line.startsWith('{') && line.includes(readyWhen))
          resolve(JSON.parse(line) as Record<string, unknown>);
      });
    }
  });

const spawnNode = (script: string, env: NodeProcessOptions['env']) =>
  // The small young generation and few arenas halve the memory; the images do the same.
  spawn(process.execPath, ['--disable-warning=ExperimentalWarning', '--max-semi-space-size=4', script], {
    cwd: projectRoot(),
    env: { MALLOC_ARENA_MAX: '2', PATH: process.env['PATH'] ?? '', HOME: process.env['HOME'] ?? '', ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
    // Its own group: Ctrl-C reaches us alone, and we stop what we started in order.
    detached: true,
  });
