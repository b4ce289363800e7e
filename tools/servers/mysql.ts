import { cp, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createConnection } from 'mysql2/promise';
import { findMysql, type MysqlProgram } from './mysql-program.ts';
import { mysqlTemplate, sizeOptions, userOptions } from './mysql-template.ts';
import { givenServer, startServer, type Server } from './start-server.ts';

export interface MysqlServer extends Server {
  /** Of the server, without a database: `mysql://root@127.0.0.1:PORT`. */
  readonly url: string;
  /** Creates the database if it is not there, and returns its URL. */
  createDatabase(name: string): Promise<string>;
}

/** MariaDB or MySQL with full durability: the one of MYSQL_URL, else one of our own with data of its own. */
export async function startMysql(): Promise<MysqlServer> {
  const given = process.env['MYSQL_URL'];
  if (given) return givenMysql(given);
  const program = await findMysql();
  const template = await mysqlTemplate(program);
  const server = await startServer({
    name: program.flavour,
    command: program.command,
    portCount: 1,
    readyWithinMs: 30_000,
    prepare: async (folder) => {
      await cp(template, join(folder, 'data'), { recursive: true });
      await writeFile(join(folder, 'init.sql'), rootOverTcp);
    },
    args: (folder, [port]) => options(program, folder, port ?? 0),
    answers: ([port]) => ping(`mysql://root@127.0.0.1:${port}`),
  });
  const url = `mysql://root@127.0.0.1:${server.port}`;
  return Object.assign(server, { url, createDatabase: (name: string) => createDatabase(url, name) });
}

/** A fresh server knows root at 'localhost' only, which without name resolution is the socket. */
const rootOverTcp = [
  "CREATE USER IF NOT EXISTS 'root'@'127.0.0.1';",
  "GRANT ALL ON *.* TO 'root'@'127.0.0.1' WITH GRANT OPTION;",
  '',
].join('\n');

function options(program: MysqlProgram, folder: string, port: number): string[] {
  return [
    '--no-defaults',
    `--datadir=${join(folder, 'data')}`,
    `--socket=${join(folder, 'sock')}`,
    `--pid-file=${join(folder, 'pid')}`,
    `--init-file=${join(folder, 'init.sql')}`,
    `--port=${port}`,
    '--bind-address=127.0.0.1',
    '--skip-name-resolve',
    '--character-set-server=utf8mb4',
    '--innodb-flush-log-at-trx-commit=1', // A commit is on the disk: figures and crash tests are true.
    '--innodb-buffer-pool-size=64M',
    '--max-connections=400',
    '--performance-schema=OFF',
    '--skip-log-bin',
    ...(program.flavour === 'MySQL' ? ['--mysqlx=OFF'] : []),
    ...sizeOptions(program),
    ...userOptions(),
  ];
}

async function givenMysql(given: string): Promise<MysqlServer> {
  const address = new URL(given);
  address.pathname = '';
  const url = address.href;
  try {
    await ping(url);
  } catch (error) {
    throw new Error(
      `MYSQL_URL (${address.host}) does not answer: ${(error as Error).message}. Start it, or unset MYSQL_URL to have one started here.`,
      { cause: error },
    );
  }
  const server = givenServer(Number(address.port || 3306), 'MYSQL_URL');
  return Object.assign(server, { url, createDatabase: (name: string) => createDatabase(url, name) });
}

async function ping(url: string): Promise<void> {
  const connection = await createConnection({ uri: url, connectTimeout: 5_000 });
  try {
    await connection.query('SELECT 1');
  } finally {
    await connection.end();
  }
}

/** The same for code that has only the server's URL, such as a test file. */
export async function createDatabase(serverUrl: string, name: string): Promise<string> {
  if (!/^[a-z0-9_]{1,64}$/.test(name)) {
    throw new Error(`'${name}' is not a database name here: 1 to 64 of a-z, 0-9 and _ are.`);
  }
  const connection = await createConnection({ uri: serverUrl, connectTimeout: 5_000 });
  try {
    await connection.query(`CREATE DATABASE IF NOT EXISTS ${name} CHARACTER SET utf8mb4`);
  } finally {
    await connection.end();
  }
  const url = new URL(serverUrl);
  url.pathname = `/${name}`;
  return url.href;
}
