import { execFile } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { promisify } from 'node:util';
import { projectRoot } from '../../tools/project-root.ts';

const run = promisify(execFile);

test('two fresh clones, one of them used twice at once, install themselves and run on Node 24', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'cc-clones-'));
  try {
    const clones = [join(folder, 'a'), join(folder, 'b')] as const;
    for (const clone of clones) await run('git', ['clone', '--quiet', projectRoot(), clone]);
    const results = await Promise.all([clones[0], clones[0], clones[1]].map(nodeVersionIn));
    for (const { stdout } of results)
      expect(Number(/^v(\d+)\./.exec(stdout)?.[1])).toBeGreaterThanOrEqual(24);
    const inSameClone = results
      .slice(0, 2)
      .filter(({ stderr }) => stderr.includes('Installing dependencies'));
    expect(inSameClone).toHaveLength(1);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});

/** With the person's own Node, from 18 on, as in the README, not with that of our dependencies. */
function nodeVersionIn(clone: string): Promise<{ stdout: string; stderr: string }> {
  const folders = (process.env['PATH'] ?? '')
    .split(delimiter)
    .filter((path) => !path.includes('node_modules'));
  const node = folders.map((path) => join(path, 'node')).find((file) => existsSync(file)) ?? process.execPath;
  const env = { ...process.env, PATH: folders.join(delimiter) };
  return run(node, ['tools/run.mjs', 'node-version'], { cwd: clone, env });
}
