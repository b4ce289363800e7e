import { readFileSync } from 'node:fs';

/** Whether the process does something; one that has ended but that nobody has waited for (a zombie) does not. */
export function isRunning(pid) {
  try {
    process.kill(pid, 0);
  } catch (error) {
    return error.code === 'EPERM'; // It is there, but somebody else's.
  }
  return statOf(pid)?.[0] !== 'Z';
}

/** When a process started, where the system tells: a later process with the same number is then not taken for it. */
export function startOf(pid) {
  return statOf(pid)?.[19] ?? '';
}

/** The fields of /proc/<pid>/stat after the name, or undefined where there is no such file. */
function statOf(pid) {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  } catch {
    return undefined;
  }
}
