import { setTimeout as pause } from 'node:timers/promises';
import type { NodeProcess } from '../coordinator/node-process.ts';
import { isRunning } from '../is-running.mjs';
import { say } from '../servers/say.ts';

const LOOK_EVERY_MS = 300;
/** pino's number of `warn`. */
const WARN = 40;

/** Shows warnings and errors of our processes, until one of them ends; answers its name. */
export const followLogs = async (processes: Readonly<Record<string, NodeProcess>>): Promise<string> => {
  // What was said before it was ready is of no use any more.
  const shown = new Map(Object.entries(processes).map(([name, { log }]) => [name, log.length]));
  for (;;) {
    for (const [name, { log, pid }] of Object.entries(processes)) {
      const isOver = !isRunning(pid);
      for (const line of log.slice(shown.get(name) ?? 0)) if (isWorthSeeing(line)) say(`${name}: ${line}`);
      shown.set(name, log.length);
      if (isOver) return name;
    }
    await pause(LOOK_EVERY_MS);
  }
};

const isWorthSeeing = (line: string): boolean => {
  try {
    return Number((JSON.parse(line) as { level?: unknown }).level ?? WARN) >= WARN;
  } catch {
    return true;
  }
};
