import type { Journal } from '../journal/connect.ts';
import { millisecondsFor } from './timing.ts';

/** Milliseconds of single-row commits, one after another. The table is made for it and dropped. */
export const timeCommits = async (journal: Journal, commits: number): Promise<readonly number[]> => {
  await journal.run('CREATE TABLE bench_commits (id BIGINT AUTO_INCREMENT PRIMARY KEY, at TIMESTAMP(6))');
  const times: number[] = [];
  for (let i = 0; i < commits; i++) {
    times.push(await millisecondsFor(() => journal.run('INSERT INTO bench_commits (at) VALUES (NOW(6))')));
  }
  await journal.run('DROP TABLE bench_commits');
  return times;
};

export interface Traffic {
  /** Transactions and single statements that wrote something: each waits for the disk. */
  readonly commits: number;
  /** All that was sent to the database, BEGIN and COMMIT included: each is a round trip. */
  readonly statements: number;
}

interface Logged {
  thread_id: number | string;
  command_type: string;
  text: string | Buffer;
}

const WRITES = /^\s*(INSERT|UPDATE|DELETE|REPLACE)\b/i;

const countIn = (log: readonly Logged[]): Traffic => {
  let commits = 0;
  let statements = 0;
  const open = new Map<string, boolean>();
  for (const { thread_id, command_type, text } of log) {
    if (command_type !== 'Query' && command_type !== 'Execute') continue;
    statements += 1;
    const thread = String(thread_id);
    const sql = text.toString();
    if (/^START TRANSACTION/i.test(sql)) open.set(thread, false);
    else if (/^(COMMIT|ROLLBACK)/i.test(sql)) {
      if (open.get(thread) && /^COMMIT/i.test(sql)) commits += 1;
      open.delete(thread);
    } else if (WRITES.test(sql)) {
      if (open.has(thread)) open.set(thread, true);
      else commits += 1;
    }
  }
  return { commits, statements };
};

/** What `work` costs the database, by the server's own log of statements. */
export const countTraffic = async (journal: Journal, work: () => Promise<unknown>): Promise<Traffic> => {
  await journal.run(`SET GLOBAL log_output = 'TABLE'`);
  await journal.run('TRUNCATE TABLE mysql.general_log');
  await journal.run('SET GLOBAL general_log = 1');
  try {
    await work();
  } finally {
    await journal.run('SET GLOBAL general_log = 0');
  }
  return countIn(
    await journal.rows<Logged>('SELECT thread_id, command_type, argument AS text FROM mysql.general_log'),
  );
};
