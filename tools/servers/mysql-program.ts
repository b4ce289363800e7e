import { canInstallPackages, installPackage, whyNoPackage } from './debian-package.ts';
import { findProgram } from './find-program.ts';
import { runProgram } from './run-program.ts';

export interface MysqlProgram {
  readonly command: string;
  readonly flavour: 'MariaDB' | 'MySQL';
  readonly version: string;
}

/** MariaDB or MySQL: from PATH, else from the distribution. */
export async function findMysql(): Promise<MysqlProgram> {
  const find = () => findProgram('mariadbd', 'mysqld');
  if (!find()) await install(() => find() !== undefined);
  const command = find();
  if (!command) throw new Error(`mariadb-server is installed, but it brought no mariadbd. ${waysToProvide}`);
  const version = (await runProgram({ command, args: ['--version'], timeoutMs: 20_000 })).trim();
  return { command, flavour: version.includes('MariaDB') ? 'MariaDB' : 'MySQL', version };
}

const waysToProvide = [
  'Ways to provide MySQL or MariaDB:',
  '- the address of a running one, e.g. MYSQL_URL=mysql://root:secret@127.0.0.1:3306 (docker compose up -d mysql starts one);',
  '- mariadbd or mysqld on PATH;',
  '- root on Debian or Ubuntu: it is then installed.',
].join('\n');

async function install(isThere: () => boolean): Promise<void> {
  if (!canInstallPackages()) {
    throw new Error(`No mariadbd or mysqld on PATH; ${whyNoPackage()}.\n${waysToProvide}`);
  }
  try {
    await installPackage('mariadb-server', isThere);
  } catch (error) {
    throw new Error(`mariadb-server could not be installed: ${(error as Error).message}\n${waysToProvide}`, {
      cause: error,
    });
  }
}
