import { say } from '../servers/say.ts';

/** What a program has started, stopped last in, first out. */
export interface Started {
  /** Answers what it is given, so that a start and its stop stand in one line. */
  add<T extends { stop(): Promise<unknown> }>(part: T): T;
  /** Settles on Ctrl-C and its like. */
  readonly interrupted: Promise<void>;
}

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;
/** npm and the terminal may both pass on one Ctrl-C; only a later one is a second one. */
const SAME_CTRL_C_MS = 1_000;

/**
 * Runs `work`, then stops all that it started and exits: with its code, with 1 and one clear message when it throws,
 * with 130 on Ctrl-C. What is only just starting by then, and what a second Ctrl-C leaves, is ended by the watchdog.
 */
export const runAndStop = async (work: (started: Started) => Promise<number>): Promise<never> => {
  const parts: { stop(): Promise<unknown> }[] = [];
  const interrupted = untilSignal();
  const ended = await Promise.race([
    work({ interrupted, add: (part) => (parts.push(part), part) }).catch((error: unknown) => {
      say(error instanceof Error ? error.message : String(error));
      return 1;
    }),
    interrupted.then(() => 'interrupted' as const),
  ]);
  if (ended === 'interrupted') say('\nStopping …');
  for (const part of parts.toReversed()) {
    await part.stop().catch((error: unknown) => say(`Not stopped in order: ${String(error)}`));
  }
  process.exit(ended === 'interrupted' ? 130 : ended);
};

const untilSignal = (): Promise<void> =>
  new Promise((resolve) => {
    let firstAt: number | undefined;
    for (const signal of SIGNALS) {
      process.on(signal, () => {
        if (firstAt !== undefined && Date.now() - firstAt > SAME_CTRL_C_MS) process.exit(130);
        firstAt ??= Date.now();
        resolve();
      });
    }
  });
