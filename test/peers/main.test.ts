import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import path from 'node:path';

it('runs as a process of its own: one line of JSON when ready, and away on SIGTERM', async () => {
  const child = spawn(process.execPath, [path.join(__dirname, 'main.ts')], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const exited = once(child, 'exit');
  try {
    const [line] = (await once(createInterface(child.stdout), 'line')) as [string];
    const { urls, env } = JSON.parse(line) as { urls: Record<string, string>; env: Record<string, string> };
    expect(Object.keys(urls)).toEqual(['stripe', 'lms', 'discovery', 'sanctions', 'orders', 'smtp']);
    expect(env['STRIPE_URL']).toBe(urls['stripe']);
    for (const url of Object.values(urls))
      expect(await (await fetch(`${url}/_peer/ledger`)).json()).toEqual([]);
  } finally {
    child.kill('SIGTERM');
  }
  expect(await exited).toEqual([0, null]);
});
