import { execFile } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { projectRoot } from '../../tools/project-root.ts';

const run = promisify(execFile);

const PICTURES = [
  '1-list.png',
  '2-needs-attention.png',
  '3-order.png',
  '4-purchase.png',
  '5-step.png',
  '6-purchase-search.png',
  '7-parked.png',
  '8-parked-search.png',
  '9-parked-details.png',
];

// What the pages must say stands in tools/browser/looks.ts: the program fails where they do not say it.
test('the Temporal UI shows the business in a real browser', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'cc-pictures-'));
  try {
    const { stdout } = await run('npm', ['run', '--silent', 'screenshot', '--', folder], {
      cwd: projectRoot(),
    });
    expect(readdirSync(folder).toSorted()).toEqual(PICTURES);
    for (const name of PICTURES) {
      const picture = readFileSync(join(folder, name));
      expect(picture.subarray(1, 4).toString()).toBe('PNG');
      expect(picture.length).toBeGreaterThan(10_000);
      expect(stdout).toContain(name);
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});
