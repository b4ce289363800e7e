import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { withLock } from '../lock.mjs';
import { cacheFolder } from './cache-folder.ts';
import { findProgram } from './find-program.ts';
import type { MysqlProgram } from './mysql-program.ts';
import { runProgram } from './run-program.ts';
import { sayWhenSlow } from './say.ts';

/** A fresh data folder, made once per version and user and copied at each start: making one takes seconds. */
export async function mysqlTemplate(program: MysqlProgram): Promise<string> {
  const key = createHash('sha256')
    .update(`1 ${program.version} ${program.command}`)
    .digest('hex')
    .slice(0, 12);
  const template = join(cacheFolder(), `mysql-${key}`);
  if (existsSync(template)) return template;
  await withLock(`${template}.lock`, async () => {
    if (existsSync(template)) return;
    const draft = await mkdtemp(`${template}-`);
    try {
      const data = join(draft, 'data');
      await sayWhenSlow(`Making an empty ${program.flavour} database, once.`, initialise(program, data));
      await rename(data, template);
    } finally {
      await rm(draft, { recursive: true, force: true });
    }
  });
  return template;
}

/** A small log keeps the copy small; the server must be started with the same size. */
export function sizeOptions(program: MysqlProgram): string[] {
  return program.flavour === 'MariaDB' ? ['--innodb-log-file-size=16M'] : ['--innodb-redo-log-capacity=16M'];
}

/** Servers refuse to run as root unless told to. */
export function userOptions(): string[] {
  return process.getuid?.() === 0 ? ['--user=root'] : [];
}

async function initialise(program: MysqlProgram, data: string): Promise<void> {
  const options = ['--no-defaults', `--datadir=${data}`, ...userOptions(), ...sizeOptions(program)];
  if (program.flavour === 'MySQL') {
    const args = [...options, '--initialize-insecure'];
    await runProgram({ command: program.command, args, timeoutMs: 90_000 });
    return;
  }
  const command =
    findProgram('mariadb-install-db', 'mysql_install_db') ??
    join(dirname(program.command), 'mariadb-install-db');
  await mkdir(data);
  const args = [...options, '--auth-root-authentication-method=normal', '--skip-test-db'];
  await runProgram({ command, args, timeoutMs: 90_000 });
}
