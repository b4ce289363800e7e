import { execFile } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { withLock } from '../../tools/lock.mjs';

const folder = mkdtempSync(join(tmpdir(), 'cc-lock-'));
const lock = join(folder, 'lock');

afterAll(() => rmSync(folder, { recursive: true }));

test('processes that want the same lock work one after another', async () => {
  const counter = join(folder, 'counter');
  writeFileSync(counter, '0');
  const script = `
    import { readFileSync, writeFileSync } from 'node:fs';
    const { withLock } = await import('./tools/lock.mjs');
    await withLock(${JSON.stringify(lock)}, async () => {
      const seen = Number(readFileSync(${JSON.stringify(counter)}, 'utf8'));
      await new Promise((done) => setTimeout(done, 50));
      writeFileSync(${JSON.stringify(counter)}, String(seen + 1));
    });`;
  const run = () => promisify(execFile)(process.execPath, ['--input-type=module', '--eval', script]);
  await Promise.all([run(), run(), run(), run()]);
  expect(readFileSync(counter, 'utf8')).toBe('4');
  expect(existsSync(lock)).toBe(false);
});

test.each([
  ['has ended', { pid: 2 ** 22 + 1, started: '1', host: hostname() }],
  [
    'has ended and whose number another process has now',
    { pid: process.ppid, started: '1', host: hostname() },
  ],
])('the lock of a process that %s is taken over', async (_, holder) => {
  writeFileSync(lock, JSON.stringify(holder));
  await expect(withLock(lock, () => 'done')).resolves.toBe('done');
});

test('a lock is free again after its work failed', async () => {
  await expect(withLock(lock, () => Promise.reject(new Error('no')))).rejects.toThrow('no');
  await expect(withLock(lock, () => 'done')).resolves.toBe('done');
});
