import { readFileSync } from 'node:fs';

const read = (path: string): string | undefined => {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return undefined;
  }
};

/** Resident memory of a process in MB, as Linux counts it; NaN elsewhere. */
const residentMb = (pid: number | undefined): number =>
  Number(/^VmRSS:\s+(\d+) kB/m.exec(read(`/proc/${pid}/status`) ?? '')?.[1] ?? Number.NaN) / 1_024;

/** Processor time that a process has used so far, in ms; NaN where nobody can tell. Linux counts in hundredths of a second. */
const cpuMs = (pid: number | undefined): number => {
  // After the name, which may hold spaces: utime and stime are the 12th and 13th field.
  const fields = read(`/proc/${pid}/stat`)?.split(') ')[1]?.split(' ');
  return fields === undefined ? Number.NaN : (Number(fields[11]) + Number(fields[12])) * 10;
};

/** What a process used while something ran. */
export interface Used {
  readonly peakMb: number;
  readonly cpuMs: number;
}

/** What each process used while `work` ran. */
export const usedBy = async <N extends string>(
  pids: Readonly<Record<N, number | undefined>>,
  work: () => Promise<unknown>,
): Promise<Readonly<Record<N, Used>>> => {
  const names = Object.keys(pids) as N[];
  const before = new Map(names.map((name) => [name, cpuMs(pids[name])]));
  const peaks = new Map(names.map((name) => [name, residentMb(pids[name])]));
  const look = (): void => {
    for (const name of names) peaks.set(name, Math.max(peaks.get(name) ?? 0, residentMb(pids[name])));
  };
  const timer = setInterval(look, 100);
  try {
    await work();
    look();
  } finally {
    clearInterval(timer);
  }
  const used = names.map((name) => [
    name,
    { peakMb: peaks.get(name), cpuMs: cpuMs(pids[name]) - (before.get(name) ?? 0) },
  ]);
  return Object.fromEntries(used) as Record<N, Used>;
};
