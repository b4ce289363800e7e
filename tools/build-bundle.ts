import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, readdirSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { bundleWorkflowCode, DefaultLogger } from '@temporalio/worker';
import { withLock } from './lock.mjs';
import { projectRoot } from './project-root.ts';

const FAILURE_CONVERTER = 'config/codec/failure-converter.cjs';

/** Bundles all Flows into `.build/workflows.js`, unless that is up to date, and returns its path. */
export async function buildBundle(): Promise<string> {
  const root = projectRoot();
  const folder = join(root, '.build');
  const bundle = join(folder, 'workflows.js');
  const hashFile = join(folder, 'workflows.hash');
  const hash = hashOfSources(root);
  const isCurrent = () =>
    existsSync(bundle) && existsSync(hashFile) && readFileSync(hashFile, 'utf8') === hash;
  if (isCurrent()) return bundle;
  mkdirSync(folder, { recursive: true });
  await withLock(join(folder, 'workflows.lock'), async () => {
    if (isCurrent()) return;
    const { code } = await bundleWorkflowCode({
      workflowsPath: join(root, 'workflows/index.ts'),
      failureConverterPath: join(root, FAILURE_CONVERTER),
      logger: new DefaultLogger('ERROR'),
    });
    writeWhole(bundle, code);
    writeWhole(hashFile, hash);
  });
  return bundle;
}

/** Over all that can get into the bundle: Flows import only types from elsewhere, but for the error table and the failure converter. */
function hashOfSources(root: string): string {
  const flows = readdirSync(join(root, 'workflows'), { recursive: true, encoding: 'utf8' });
  const files = flows.filter((file) => file.endsWith('.ts')).map((file) => join('workflows', file));
  files.push('contracts/errors.ts', FAILURE_CONVERTER, 'package-lock.json', 'tools/build-bundle.ts');
  const hash = createHash('sha256');
  for (const file of files.toSorted()) {
    hash.update(`${file}\0`);
    if (existsSync(join(root, file))) hash.update(readFileSync(join(root, file)));
  }
  return hash.digest('hex');
}

/** A reader sees the old text or the new one, never half of it. */
function writeWhole(file: string, text: string): void {
  const draft = `${file}.${process.pid}`;
  writeFileSync(draft, text);
  renameSync(draft, file);
}

if (process.argv[1]?.endsWith('build-bundle.ts')) {
  const began = Date.now();
  void buildBundle().then((path) => process.stdout.write(`${path} (${Date.now() - began} ms)\n`));
}
