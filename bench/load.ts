import type { Contestants, RunFlow } from './contestants.ts';
import type { Processes } from './processes.ts';
import type { Figure } from './report.ts';
import { type Used, usedBy } from './resources.ts';
import { inFlight } from './timing.ts';

const LANES = 50;
/** In all, over both rounds. */
const FLOWS = 160;

interface Load {
  readonly flowsPerSecond: number;
  readonly used: Readonly<Record<'api' | 'worker' | 'bareWorker' | 'temporal' | 'mysql', Used>>;
}

const mean = (values: readonly number[]): number =>
  values.reduce((sum, value) => sum + value, 0) / values.length;

const loadWith = async ({ api, worker, bareWorker, servers }: Processes, run: RunFlow): Promise<Load> => {
  let flowsPerSecond = Number.NaN;
  const pids = {
    api: api.pid,
    worker: worker.pid,
    bareWorker: bareWorker.pid,
    temporal: servers.temporal.pid,
    mysql: servers.mysql.pid,
  };
  const used = await usedBy(pids, async () => {
    flowsPerSecond = await inFlight(run, LANES, FLOWS / 2);
  });
  return { flowsPerSecond, used };
};

/** 50 purchases in flight: how many end per second, and what the processes need for it. */
export const measureLoad = async (
  { ours, bare }: Contestants,
  processes: Processes,
): Promise<readonly Figure[]> => {
  const loads = { bare: [] as Load[], ours: [] as Load[], http: [] as Load[] };
  for (let round = 0; round < 2; round++) {
    loads.bare.push(await loadWith(processes, bare.purchase));
    loads.ours.push(await loadWith(processes, ours.purchase));
    loads.http.push(await loadWith(processes, ours.overHttp));
  }
  const rate = (of: readonly Load[]) => mean(of.map(({ flowsPerSecond }) => flowsPerSecond));
  const bareRate = rate(loads.bare);
  const ratio = (name: string, mine: number) => ({
    name,
    ours: mine,
    bare: bareRate,
    unit: 'flows/s',
    value: mine / bareRate,
  });
  const cpu = (name: string, mine: keyof Load['used'], other?: keyof Load['used']): Figure => {
    const perFlow = (of: readonly Load[], who: keyof Load['used']) =>
      of.reduce((sum, { used }) => sum + used[who].cpuMs, 0) / FLOWS;
    const [own, theirs] = [perFlow(loads.ours, mine), other && perFlow(loads.bare, other)];
    if (theirs === undefined) return { name, ours: own, unit: 'ms', value: own };
    return { name, ours: own, bare: theirs, unit: 'ms', value: own / theirs };
  };
  const memory = (name: string, who: 'api' | 'worker', atMost: number): Figure => {
    const most = Math.max(...[...loads.ours, ...loads.http].map(({ used }) => used[who].peakMb));
    const theirs = Math.max(...loads.bare.map(({ used }) => used.bareWorker.peakMb));
    return {
      name,
      ours: most,
      ...(who === 'worker' && { bare: theirs }),
      unit: 'MB',
      value: most,
      target: { atMost },
    };
  };
  return [
    { ...ratio(`purchase, ${LANES} in flight`, rate(loads.ours)), target: { atLeast: 0.75 } },
    ratio('· the same over HTTP', rate(loads.http)),
    cpu('· processor time of the worker per purchase', 'worker', 'bareWorker'),
    cpu('· processor time of Temporal per purchase', 'temporal', 'temporal'),
    cpu('· processor time of MySQL per purchase', 'mysql'),
    memory(`memory of the API, ${LANES} in flight`, 'api', 200),
    memory(`memory of the worker, ${LANES} in flight`, 'worker', 500),
  ];
};
