import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { createConnection } from 'mysql2/promise';
import { openJournal, type Journal } from '../../journal/connect.ts';
import { migrate } from '../../journal/migrate.ts';

/** A migrated journal of its own on the server that jest's global set-up has started. Call it in a `describe`. */
export const useTestJournal = (): (() => Journal) => {
  const server = process.env['CC_TEST_MYSQL'];
  const name = `violations_${randomUUID().slice(0, 8)}`;
  let journal: Journal | undefined;

  const onServer = async (sql: string): Promise<void> => {
    const connection = await createConnection({ uri: server ?? '' });
    try {
      await connection.query(sql);
    } finally {
      await connection.end();
    }
  };
  beforeAll(async () => {
    if (!server) throw new Error('CC_TEST_MYSQL is not set: run the tests by `npm test`.');
    await onServer(`CREATE DATABASE ${name} CHARACTER SET utf8mb4`);
    const url = new URL(server);
    url.pathname = `/${name}`;
    await migrate(url.href, join(process.cwd(), 'journal/migrations'));
    journal = openJournal(url.href, { connections: 4 });
  });
  afterAll(async () => {
    await journal?.close();
    await onServer(`DROP DATABASE IF EXISTS ${name}`);
  });
  return () => {
    if (!journal) throw new Error('The journal is open inside of tests only.');
    return journal;
  };
};
