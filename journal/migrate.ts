import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import mysql from 'mysql2/promise';

/**
 * Brings the database up to date: every file of `folder`, in order of name, once. Forward only. Two processes may start
 * at once: one migrates, the other waits. Throws when a file was changed after it had been applied, or when the lock
 * cannot be had within a minute.
 */
export const migrate = async (url: string, folder: string): Promise<readonly string[]> => {
  const connection = await mysql.createConnection({
    uri: url,
    multipleStatements: true,
    connectTimeout: 5_000,
  });
  try {
    const [[lock]] = await connection.query<mysql.RowDataPacket[]>(
      "SELECT GET_LOCK(CONCAT('migrate:', LEFT(SHA1(DATABASE()), 20)), 60) AS got",
    );
    if (lock?.got !== 1) {
      throw new Error(
        'Could not get the lock for migrations within 60 s: another process holds it. See SHOW PROCESSLIST.',
      );
    }
    await connection.query(
      `CREATE TABLE IF NOT EXISTS migrations (
         name VARCHAR(191) NOT NULL PRIMARY KEY, checksum CHAR(64) NOT NULL,
         applied_at DATETIME(6) NOT NULL DEFAULT CURRENT_TIMESTAMP(6)
       ) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4`,
    );
    const [done] = await connection.query<mysql.RowDataPacket[]>('SELECT name, checksum FROM migrations');
    const applied = new Map(done.map((row) => [String(row.name), String(row.checksum)]));
    const fresh: string[] = [];
    for (const name of (await readdir(folder)).filter((file) => file.endsWith('.sql')).toSorted()) {
      const text = await readFile(join(folder, name), 'utf8');
      const checksum = createHash('sha256').update(text).digest('hex');
      const known = applied.get(name);
      if (known === checksum) continue;
      if (known !== undefined) {
        throw new Error(
          `Migration ${name} was changed after it had been applied. Restore it, and put the change into a new file.`,
        );
      }
      await connection.query(text);
      await connection.query('INSERT INTO migrations (name, checksum) VALUES (?, ?)', [name, checksum]);
      fresh.push(name);
    }
    return fresh;
  } finally {
    await connection.end();
  }
};
