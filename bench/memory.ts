import { readFileSync } from 'node:fs';

/** Resident memory of a process in MB, as Linux counts it; undefined elsewhere. */
const residentMb = (pid: number): number | undefined => {
  try {
    const kilobytes = /^VmRSS:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1];
    return kilobytes === undefined ? undefined : Number(kilobytes) / 1_024;
  } catch {
    return undefined;
  }
};

/** The most that each process held at a time while `work` ran. NaN where nobody can tell. */
export const peakMemory = async <N extends string>(
  pids: Readonly<Record<N, number>>,
  work: () => Promise<unknown>,
): Promise<Record<N, number>> => {
  const peaks = Object.fromEntries(Object.keys(pids).map((name) => [name, Number.NaN])) as Record<N, number>;
  const look = (): void => {
    for (const [name, pid] of Object.entries(pids) as [N, number][]) {
      const now = residentMb(pid);
      if (now !== undefined) peaks[name] = Math.max(Number.isNaN(peaks[name]) ? 0 : peaks[name], now);
    }
  };
  const timer = setInterval(look, 100);
  try {
    await work();
    look();
  } finally {
    clearInterval(timer);
  }
  return peaks;
};
