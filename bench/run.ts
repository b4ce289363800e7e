import { mkdirSync, writeFileSync } from 'node:fs';
import { arch, cpus, totalmem } from 'node:os';
import { join } from 'node:path';
import { projectRoot } from '../tools/project-root.ts';
import { say } from '../tools/servers/say.ts';
import { countTraffic, timeCommits } from './commits.ts';
import { type Contestants, openContestants } from './contestants.ts';
import { differenceOf, type History, readHistory } from './history.ts';
import { measureLoad } from './load.ts';
import { startProcesses } from './processes.ts';
import { type Figure, figuresTable, isMet, tableOf, textOf } from './report.ts';
import { median, oneAtATime, type Pair } from './timing.ts';

// `npm run bench`: ours against a workflow written by hand, on the same servers, in the same run, in turn.

const p50 = (name: string, { ours, bare }: Pair, atMost: number): Figure => ({
  name,
  ours: median(ours),
  bare: median(bare),
  unit: 'ms',
  value: median(ours) / median(bare),
  target: { atMost },
});

const measureAlone = async ({ ours, bare, journal }: Contestants): Promise<readonly Figure[]> => {
  say('one flow at a time …');
  const reads = await oneAtATime({ ours: ours.reads, bare: bare.reads }, { warmUp: 8, runs: 50 });
  const purchases = { ours: ours.purchase, bare: bare.purchase };
  const purchase = await oneAtATime(purchases, { warmUp: 8, runs: 40 });
  const commit = median(await timeCommits(journal, 300));
  const { commits, statements } = await countTraffic(journal, ours.purchase);
  const alone = (name: string, value: number, unit: string): Figure => ({ name, ours: value, unit, value });
  return [
    p50('reads only, one at a time, p50', reads, 1.25),
    p50('purchase, one at a time, p50', purchase, 1.6),
    alone('· one single-row commit, p50', commit, 'ms'),
    alone('· commits of a purchase', commits, ''),
    alone('· statements of a purchase', statements, ''),
    alone('· commits × milliseconds', commits * commit, 'ms'),
  ];
};

interface Compared {
  readonly figure: Figure;
  readonly difference: Readonly<Record<string, number>>;
  readonly ours: History;
  readonly bare: History;
}

const compareHistories = async ({ ours, bare, temporal }: Contestants): Promise<Compared> => {
  const [own, other] = [
    await readHistory(temporal, await ours.purchase()),
    await readHistory(temporal, await bare.purchase()),
  ];
  const figure = {
    name: 'history events of a purchase, ours − bare',
    ours: own.events,
    bare: other.events,
    unit: '',
    value: own.events - other.events,
    target: { atMost: 6 },
  };
  return { figure, difference: differenceOf(own, other), ours: own, bare: other };
};

const print = (figures: readonly Figure[], { difference, ours, bare }: Compared, asJson: boolean): void => {
  const machine = { cpus: cpus().length, model: cpus()[0]?.model, arch: arch(), memory: totalmem() };
  const json = JSON.stringify(
    {
      at: new Date().toISOString(),
      machine,
      node: process.version,
      figures: figures.map((figure) => ({ ...figure, met: isMet(figure) })),
      history: { difference, time: { ours: ours.time, bare: bare.time } },
    },
    undefined,
    2,
  );
  mkdirSync(join(projectRoot(), '.build'), { recursive: true });
  writeFileSync(join(projectRoot(), '.build/bench.json'), `${json}\n`);
  if (asJson) {
    process.stdout.write(`${json}\n`);
    return;
  }
  const parts = Object.keys(ours.time) as (keyof History['time'])[];
  const time = parts.map((part) => [part, textOf(ours.time[part]), textOf(bare.time[part])]);
  const more = Object.entries(difference).map(([type, count]) => [
    type,
    count > 0 ? `+${count}` : `${count}`,
  ]);
  process.stdout.write(
    [
      figuresTable(figures),
      tableOf([['history events by type', 'ours − bare'], ...more]),
      tableOf([['where one purchase’s time goes, ms', 'ours', 'bare'], ...time]),
      'The same as JSON: .build/bench.json\n',
    ].join('\n\n'),
  );
};

const main = async (): Promise<void> => {
  await using processes = await startProcesses();
  await using contestants = openContestants(processes);
  const alone = await measureAlone(contestants);
  const compared = await compareHistories(contestants);
  say('50 in flight …');
  const load = await measureLoad(contestants, processes);
  print([...alone, compared.figure, ...load], compared, process.argv.includes('--json'));
};

// A missed target is a figure; a flow that fails is an error.
main().catch((error: unknown) => {
  say(`The benchmark failed: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`);
  process.exitCode = 1;
});
