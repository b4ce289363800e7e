import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

/** The folder of this project, found upwards from the working folder: `import.meta` does not exist under jest. */
export function projectRoot(): string {
  for (let folder = process.cwd(); ; folder = dirname(folder)) {
    const file = join(folder, 'package.json');
    if (existsSync(file) && readFileSync(file, 'utf8').includes('"name": "commerce-coordinator"'))
      return folder;
    if (dirname(folder) === folder) break;
  }
  throw new Error(
    `'${process.cwd()}' is not inside commerce-coordinator. Run this from the project's folder, or through npm run.`,
  );
}
