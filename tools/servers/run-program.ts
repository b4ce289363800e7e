import { spawn } from 'node:child_process';
import { watch } from '../watch.mjs';

export interface ProgramRun {
  readonly command: string;
  readonly args: readonly string[];
  readonly timeoutMs: number;
  readonly cwd?: string;
  readonly env?: Readonly<Record<string, string>>;
}

/** Runs a program to its end and returns what it printed; rejects with its last lines when it fails or takes too long. */
export async function runProgram({ command, args, timeoutMs, cwd, env }: ProgramRun): Promise<string> {
  const child = spawn(command, args, {
    cwd,
    env: { ...process.env, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: true, // Its children can then be ended with it.
  });
  const watched = watch([]);
  if (child.pid !== undefined) watched.running(child.pid);
  let output = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (text) => (output += String(text)));
  let isTooSlow = false;
  const timer = setTimeout(() => {
    isTooSlow = true;
    endGroup(child.pid);
  }, timeoutMs);
  try {
    const ending = await new Promise<string>((resolve, reject) => {
      child.once('error', reject);
      child.once('close', (code, signal) => resolve(signal ?? String(code)));
    });
    if (ending === '0') return output;
    const how = isTooSlow ? `took longer than ${timeoutMs / 1000} s` : `ended with ${ending}`;
    throw new Error(
      `'${command} ${args.join(' ')}' ${how}:\n${output.trimEnd().split('\n').slice(-10).join('\n')}`,
    );
  } finally {
    clearTimeout(timer);
    watched.forget();
  }
}

function endGroup(pid: number | undefined): void {
  if (pid === undefined) return;
  try {
    process.kill(process.platform === 'win32' ? pid : -pid, 'SIGKILL');
  } catch {
    // Ended by itself just now.
  }
}
