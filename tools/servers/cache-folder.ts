import { accessSync, constants, mkdirSync } from 'node:fs';
import { homedir, tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';

/** Where things live that are made once per user, not per clone; a temporary folder where the home is not writable. */
export function cacheFolder(): string {
  const preferred = join(process.env['XDG_CACHE_HOME'] || join(homedir(), '.cache'), 'commerce-coordinator');
  try {
    mkdirSync(preferred, { recursive: true });
    accessSync(preferred, constants.W_OK);
    return preferred;
  } catch {
    const fallback = join(tmpdir(), `commerce-coordinator-${userInfo().uid}`);
    mkdirSync(fallback, { recursive: true, mode: 0o700 });
    return fallback;
  }
}
