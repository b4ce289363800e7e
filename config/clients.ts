import { pino, type Logger } from 'pino';

/** A JSON logger. Callers log ids, codes and lengths of time; never bodies, tokens or personal data. */
export const createLog = (name: string, level: string): Logger =>
  pino({ name, level, base: { name }, timestamp: pino.stdTimeFunctions.isoTime });

/** Ends the process with one clear line, for mistakes that a person must mend. */
const exitWith = (log: Logger, what: string, error: unknown): never => {
  log.fatal(`${what}: ${error instanceof Error ? error.message : String(error)}`);
  process.exit(1);
};

/** Runs a part of the start-up; what it throws ends the process with one clear line that begins with `what`. */
export const startingWith =
  (log: Logger) =>
  async <T>(what: string, work: () => T | Promise<T>): Promise<T> => {
    try {
      return await work();
    } catch (error) {
      return exitWith(log, what, error);
    }
  };
