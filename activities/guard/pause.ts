import type { Journal } from '../../journal/connect.ts';
import { type PausedService, readPaused } from '../../journal/services.ts';
import type { Log } from '../../plugins/sdk/plugin.ts';

export interface Pauses {
  /** Why calls of this Service wait; undefined when they do not. From memory. */
  of(service: string): PausedService | undefined;
  stop(): void;
}

/** Reads every two seconds which Services operators have paused; what was read last holds while MySQL is down. */
export const watchPauses = async (journal: Journal, log: Log, everyMs = 2_000): Promise<Pauses> => {
  let paused: ReadonlyMap<string, PausedService> = new Map();
  let isKnown = true;
  const read = async (): Promise<void> => {
    try {
      const found = new Map((await readPaused(journal)).map((row) => [row.service, row]));
      for (const [service, { actor }] of found)
        if (!paused.has(service)) log.warn({ service, actor }, 'service paused');
      for (const service of paused.keys()) if (!found.has(service)) log.info({ service }, 'service resumed');
      paused = found;
      isKnown = true;
    } catch (error) {
      if (isKnown) log.warn({ err: String(error) }, 'pauses cannot be read; the last known ones hold');
      isKnown = false;
    }
  };
  let timer: NodeJS.Timeout | undefined;
  let isStopped = false;
  const watch = async (): Promise<void> => {
    await read();
    if (!isStopped) timer = setTimeout(() => void watch(), everyMs).unref();
  };
  await watch();
  return {
    of: (service) => paused.get(service),
    stop() {
      isStopped = true;
      clearTimeout(timer);
    },
  };
};
