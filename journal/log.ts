/** Where the journal's background work says what it did: ids, codes and counts. A pino logger is one. */
export interface Log {
  info(facts: object, text: string): void;
  warn(facts: object, text: string): void;
}
