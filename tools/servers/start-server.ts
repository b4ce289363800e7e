import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { reservePort, type Port } from './free-port.ts';
import { launch, tailOf, type ServerProcess } from './server-process.ts';
import { watch } from '../watch.mjs';

/** How one kind of server is started. `ports` come in the order and number asked for. */
export interface Recipe {
  readonly name: string;
  readonly command: string;
  readonly portCount: number;
  readonly readyWithinMs: number;
  /** Fills the data folder before the first start. */
  prepare?(folder: string): Promise<void>;
  args(folder: string, ports: readonly number[]): string[];
  /** Resolves when the server serves; rejects while it does not. */
  answers(ports: readonly number[]): Promise<void>;
}

/** A server that was started here, on a private port with data of its own. */
export interface Server extends AsyncDisposable {
  readonly port: number;
  /** Undefined for a server that was only given by its address. */
  readonly pid: number | undefined;
  /** Its data and its log; undefined as above. */
  readonly folder: string | undefined;
  /** Ends the process and removes its data. */
  stop(): Promise<void>;
  /** As a power cut would: SIGKILL, data kept. */
  kill(): Promise<void>;
  /** Starts again on the same port and data; ends the process in order first if it still runs. */
  restart(): Promise<void>;
}

export interface LocalServer extends Server {
  readonly ports: readonly number[];
}

/** Starts a server; a port that somebody else took in the meantime is replaced by another. */
export async function startServer(recipe: Recipe): Promise<LocalServer> {
  for (let attempt = 1; ; attempt++) {
    const folder = mkdtempSync(join(tmpdir(), 'cc-')); // Short: a socket's path may have about 100 characters.
    const ports: Port[] = [];
    const cleanUp = () => {
      rmSync(folder, { recursive: true, force: true, maxRetries: 5, retryDelay: 100 });
      for (const port of ports) port.release();
    };
    try {
      for (let i = 0; i < recipe.portCount; i++) ports.push(await reservePort());
      return await startIn(recipe, folder, ports);
    } catch (error) {
      const isPortTaken = /address already in use|port.*in use|EADDRINUSE/i.test(logIn(folder));
      cleanUp();
      if (!isPortTaken || attempt === 4) throw error;
    }
  }
}

async function startIn(recipe: Recipe, folder: string, reserved: readonly Port[]): Promise<LocalServer> {
  const watched = watch([folder, ...reserved.map((port) => port.reservation)]);
  const ports = reserved.map((port) => port.number);
  const start = async () => {
    const logFile = join(folder, 'log');
    const process = await launch({
      command: recipe.command,
      args: recipe.args(folder, ports),
      folder,
      logFile,
    });
    watched.running(process.pid);
    try {
      await untilReady(recipe, ports, process);
      return process;
    } catch (error) {
      await process.end('SIGKILL', 0);
      throw new Error(`${(error as Error).message} The end of its log:\n${tailOf(logFile)}`, {
        cause: error,
      });
    }
  };
  let process: ServerProcess;
  try {
    await recipe.prepare?.(folder);
    process = await start();
  } catch (error) {
    watched.forget();
    throw error;
  }
  let isStopped = false;
  const stop = async () => {
    if (isStopped) return; // Its ports may be somebody else's by now.
    isStopped = true;
    await process.end('SIGKILL', 0); // The data goes too: nothing to put in order.
    rmSync(folder, { recursive: true, force: true, maxRetries: 5, retryDelay: 100 });
    for (const port of reserved) port.release();
    watched.forget();
  };
  return {
    ports,
    port: ports[0] ?? 0,
    folder,
    get pid() {
      return process.pid;
    },
    stop,
    kill: () => process.end('SIGKILL', 0),
    restart: async () => {
      await process.end('SIGTERM', 10_000);
      process = await start();
    },
    [Symbol.asyncDispose]: stop,
  };
}

async function untilReady(recipe: Recipe, ports: readonly number[], process: ServerProcess): Promise<void> {
  const until = Date.now() + recipe.readyWithinMs;
  for (;;) {
    const ended = process.ended();
    if (ended) throw new Error(`${recipe.name} ${ended} before it was ready.`);
    try {
      return await recipe.answers(ports);
    } catch (error) {
      if (Date.now() > until) {
        const last = (error as Error).message;
        throw new Error(
          `${recipe.name} did not answer within ${recipe.readyWithinMs / 1000} s (last: ${last}).`,
          {
            cause: error,
          },
        );
      }
    }
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

function logIn(folder: string): string {
  try {
    return readFileSync(join(folder, 'log'), 'utf8');
  } catch {
    return '';
  }
}

/** A server that somebody else runs: used as it is, never ended by us. */
export function givenServer(port: number, variable: string): Server {
  const refuse = (verb: string) => async () => {
    throw new Error(
      `The server of ${variable} is not ours to ${verb}. Unset ${variable} for tests that need that.`,
    );
  };
  const stop = async () => {};
  return {
    port,
    pid: undefined,
    folder: undefined,
    stop,
    kill: refuse('kill'),
    restart: refuse('restart'),
    [Symbol.asyncDispose]: stop,
  };
}
