import mysql from 'mysql2/promise';
import { RetryableError } from '../contracts/failures.ts';

type Row = mysql.RowDataPacket;
/** What may stand for a `?`. Only parsed values: no objects, so nothing can turn into SQL. */
export type SqlValue = string | number | bigint | boolean | Buffer | Date | null;

/** One connection inside a transaction, or the pool outside of one. */
export interface Sql {
  rows<T>(sql: string, values?: readonly SqlValue[]): Promise<readonly T[]>;
  /** Runs a statement; answers how many rows it matched. */
  run(sql: string, values?: readonly SqlValue[]): Promise<number>;
}
export interface Journal extends Sql {
  /** Runs `body` in one transaction, again on a deadlock or a lock time-out; `body` must touch nothing but SQL. */
  transaction<T>(body: (sql: Sql) => Promise<T>): Promise<T>;
  close(): Promise<void>;
}

export const isDuplicate = (error: unknown): boolean => errnoOf(error) === 1062;

const errnoOf = (error: unknown): number | undefined =>
  typeof error === 'object' && error !== null && 'errno' in error && typeof error.errno === 'number'
    ? error.errno
    : undefined;

// Deadlock, lock time-out, snapshot conflict (MariaDB), NOWAIT (MySQL): the transaction did nothing and may run again.
const AGAIN = new Set([1213, 1205, 1020, 3572]);

/** A connection that is lost or cannot be had is a passing trouble with a name; anything else is a mistake in a statement. */
const named = (error: unknown): unknown => {
  // Not `instanceof Error`: under jest Node's own errors are of another realm.
  if (typeof error !== 'object' || error === null || !('message' in error)) return error;
  const { code = '', fatal = false, message } = error as Error & { code?: string; fatal?: boolean };
  const lost =
    fatal ||
    /^(ECONN|ETIMEDOUT|EPIPE|ENOTFOUND|PROTOCOL_|ER_(CON_COUNT|SERVER_SHUTDOWN|NORMAL_SHUTDOWN|CONNECTION_KILLED))/.test(
      code,
    ) ||
    /queue limit|closed state|pool is closed/i.test(message);
  if (!lost) return error;
  return new RetryableError(
    'journal.unavailable',
    `The journal (MySQL) does not answer: ${code || message}.`,
    { cause: error },
  );
};
const naming = async <T>(work: Promise<T>): Promise<T> => {
  try {
    return await work;
  } catch (error) {
    throw named(error);
  }
};

const over = (connection: mysql.Pool | mysql.PoolConnection): Sql => ({
  rows: async <T>(sql: string, values: readonly SqlValue[] = []) => {
    const [rows] = await naming(connection.execute<Row[]>(sql, [...values]));
    return rows as unknown as readonly T[];
  },
  run: async (sql, values = []) => {
    const [result] = await naming(connection.execute<mysql.ResultSetHeader>(sql, [...values]));
    return result.affectedRows;
  },
});

export interface JournalOptions {
  /** Connections of this process. Default 10. */
  readonly connections?: number;
}

/** Opens the journal at `mysql://user:password@host:port/database`. Connects on first use; `close` ends it. */
export const openJournal = (url: string, { connections = 10 }: JournalOptions = {}): Journal => {
  const pool = mysql.createPool({
    uri: url,
    connectionLimit: connections,
    queueLimit: 500,
    connectTimeout: 5_000,
    enableKeepAlive: true,
    timezone: 'Z',
    charset: 'utf8mb4_bin',
    supportBigNumbers: true,
    multipleStatements: false,
    // "Rows matched", not "rows changed": a settle that changes nothing is still ours.
    flags: ['FOUND_ROWS'],
  });
  pool.pool.on('connection', (connection) => {
    connection.query(
      "SET SESSION sql_mode = 'STRICT_ALL_TABLES,NO_ZERO_DATE,ERROR_FOR_DIVISION_BY_ZERO', time_zone = '+00:00', innodb_lock_wait_timeout = 5",
    );
    connection.query('SET SESSION TRANSACTION ISOLATION LEVEL READ COMMITTED');
  });

  const once = async <T>(body: (sql: Sql) => Promise<T>): Promise<T> => {
    const connection = await naming(pool.getConnection());
    try {
      await naming(connection.beginTransaction());
      const result = await body(over(connection));
      await naming(connection.commit());
      connection.release();
      return result;
    } catch (error) {
      // A connection that cannot roll back is in an unknown state: never hand it out again.
      await connection.rollback().then(
        () => connection.release(),
        () => connection.destroy(),
      );
      throw error;
    }
  };

  return {
    ...over(pool),
    async transaction(body) {
      for (let attempt = 1; ; attempt++) {
        try {
          return await once(body);
        } catch (error) {
          const errno = errnoOf(error);
          if (errno === undefined || !AGAIN.has(errno) || attempt === 5) throw error;
          await new Promise((done) => setTimeout(done, Math.random() * 20 * 2 ** attempt));
        }
      }
    },
    close: () => pool.end(),
  };
};
