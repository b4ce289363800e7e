import { join } from 'node:path';
import { Connection } from '@temporalio/client';
import { givenServer, startServer, type Server } from './start-server.ts';
import { findTemporal } from './temporal-program.ts';

export interface TemporalServer extends Server {
  /** Of the gRPC service: `127.0.0.1:PORT`. The namespace is `default`. */
  readonly address: string;
  readonly uiUrl: string | undefined;
}

/** The search attributes that flows write; all of type Keyword. */
const searchAttributes = ['CommerceStatus', 'CommerceOrder', 'CommerceService'];

/** A Temporal dev server with its data in a file: the one of TEMPORAL_ADDRESS, else one of our own. */
export async function startTemporal({ ui = false }: { ui?: boolean } = {}): Promise<TemporalServer> {
  const given = process.env['TEMPORAL_ADDRESS'];
  if (given) return givenTemporal(given);
  const server = await startServer({
    name: 'Temporal',
    command: await findTemporal(),
    portCount: 4,
    readyWithinMs: 60_000,
    args: (folder, ports) => options(folder, ports, ui),
    answers: ([port]) => check(`127.0.0.1:${port}`),
  });
  const uiUrl = ui ? `http://127.0.0.1:${server.ports[1]}` : undefined;
  return Object.assign(server, { address: `127.0.0.1:${server.port}`, uiUrl });
}

/** Without these, each hop through the server's queues waits up to 50 ms for its poller. */
const tuning = [
  'history.transferProcessorMaxPollRPS=2000',
  'history.timerProcessorMaxPollRPS=2000',
  'history.visibilityProcessorMaxPollRPS=200',
  'system.enableActivityEagerExecution=true',
];

function options(folder: string, ports: readonly number[], ui: boolean): string[] {
  const [port, uiPort, httpPort, metricsPort] = ports.map(String);
  return [
    ...['server', 'start-dev', '--ip', '127.0.0.1', '--port', `${port}`],
    ...(ui ? ['--ui-port', `${uiPort}`, '--ui-disable-news-fetch'] : ['--headless']),
    ...['--http-port', `${httpPort}`, '--metrics-port', `${metricsPort}`],
    // In memory, an accepted flow would be lost by kill -9; without these pragmas, each write waits for the disk.
    ...['--db-filename', join(folder, 'temporal.db')],
    ...['--sqlite-pragma', 'journal_mode=WAL', '--sqlite-pragma', 'synchronous=NORMAL'],
    ...['--log-level', 'error', '--disable-config-file', '--disable-config-env'],
    ...tuning.flatMap((value) => ['--dynamic-config-value', value]),
    ...searchAttributes.flatMap((name) => ['--search-attribute', `${name}=Keyword`]),
  ];
}

/** It serves when a query by our search attributes is understood: the namespace is there by then too. */
async function check(address: string): Promise<void> {
  await withConnection(address, async (connection) => {
    const query = searchAttributes.map((name) => `${name} = 'none'`).join(' OR ');
    await connection.workflowService.countWorkflowExecutions({ namespace: 'default', query });
  });
}

async function withConnection<T>(address: string, work: (connection: Connection) => Promise<T>): Promise<T> {
  const connection = await Connection.connect({ address, connectTimeout: 2_000 });
  try {
    return await connection.withDeadline(Date.now() + 5_000, () => work(connection));
  } finally {
    await connection.close();
  }
}

async function givenTemporal(address: string): Promise<TemporalServer> {
  try {
    await withConnection(address, addSearchAttributes);
    await check(address);
  } catch (error) {
    throw new Error(
      `TEMPORAL_ADDRESS (${address}) does not answer as it should: ${(error as Error).message}. ` +
        'Start it, or unset TEMPORAL_ADDRESS to have one started here.',
      { cause: error },
    );
  }
  const server = givenServer(Number(address.split(':').at(-1)), 'TEMPORAL_ADDRESS');
  return Object.assign(server, { address, uiUrl: undefined });
}

async function addSearchAttributes(connection: Connection): Promise<void> {
  const namespace = 'default';
  const { customAttributes } = await connection.operatorService.listSearchAttributes({ namespace });
  const missing = searchAttributes.filter((name) => customAttributes?.[name] === undefined);
  if (missing.length === 0) return;
  const keyword = 2; // IndexedValueType.INDEXED_VALUE_TYPE_KEYWORD; the enum is in a package of its own.
  await connection.operatorService.addSearchAttributes({
    namespace,
    searchAttributes: Object.fromEntries(missing.map((name) => [name, keyword])),
  });
}
