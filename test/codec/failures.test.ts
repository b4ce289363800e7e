import { randomBytes, randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { Client, Connection, WorkflowFailedError } from '@temporalio/client';
import { ApplicationFailure } from '@temporalio/common';
import { bundleWorkflowCode, DefaultLogger, NativeConnection, Runtime, Worker } from '@temporalio/worker';
import { dataConverterOf } from '../../config/codec.ts';
import { parseKeyRing } from '../../config/codec/key-ring.ts';
import { historyOf, textIn } from './raw-history.ts';

const address = process.env['CC_TEST_TEMPORAL'] ?? '';
const SAID = 'the LMS said: no seat for ada@example.com';
const DETAIL = { consequence: 'park', effect: 'none', service: 'lms' };
const lmsError = () => ApplicationFailure.create({ message: SAID, type: 'lms.refused', details: [DETAIL] });

let connection: Connection;
let native: NativeConnection;
let code: string;
beforeAll(async () => {
  Runtime.install({ logger: new DefaultLogger('ERROR') });
  connection = await Connection.connect({ address });
  native = await NativeConnection.connect({ address });
  ({ code } = await bundleWorkflowCode({
    workflowsPath: join(process.cwd(), 'test/codec/last-failure-workflow.ts'),
    failureConverterPath: join(process.cwd(), 'config/codec/failure-converter.cjs'),
    logger: new DefaultLogger('ERROR'),
  }));
}, 60_000);
afterAll(async () => {
  await native?.close();
  await connection?.close();
});

/** Runs one of the flows in last-failure-workflow.ts, on a worker of its own. */
const run = async (flow: string, isSealed: boolean) => {
  const ring = parseKeyRing(`k1:${randomBytes(32).toString('base64')}`);
  const dataConverter = dataConverterOf(isSealed ? ring : undefined);
  const taskQueue = randomUUID();
  const tries = { hang: 0 };
  const worker = await Worker.create({
    ...{ connection: native, namespace: 'default', taskQueue, dataConverter },
    workflowBundle: { code },
    activities: {
      async hangAfterFailure() {
        if (tries.hang++ === 0) throw lmsError();
        await new Promise((done) => setTimeout(done, 1_000));
      },
      fail() {
        throw Object.assign(lmsError(), { nonRetryable: true });
      },
    },
  });
  const client = new Client({ connection, dataConverter });
  const workflowId = `last-failure:${taskQueue}`;
  const outcome: unknown = await worker.runUntil(
    client.workflow.execute(flow, { taskQueue, workflowId }).catch((error: unknown) => error),
  );
  return { outcome, seen: textIn(await historyOf(new Client({ connection }), workflowId)) };
};

const textsOf = (error: unknown): readonly string[] =>
  error instanceof Error ? [error.message, ...textsOf(error.cause)] : [];

describe.each([
  ['encrypted', true],
  ['in plain', false],
])('failures %s', (_, isSealed) => {
  it('of the last attempt before a time-out are read by the engine', async () => {
    const { outcome, seen } = await run('lastFailure', isSealed);
    expect(outcome).toMatchObject({
      code: 'lms.refused',
      message: SAID,
      consequence: 'park',
      service: 'lms',
    });
    expect(seen.includes(SAID)).toBe(!isSealed);
  });

  it('keep their texts for whoever has the keys when a flow passes them on, and for nobody else', async () => {
    for (const flow of ['passOn', 'failAlong']) {
      const { outcome, seen } = await run(flow, isSealed);
      expect(outcome).toBeInstanceOf(WorkflowFailedError);
      if (flow === 'failAlong') expect(textsOf(outcome)).toContain(SAID);
      expect(seen.includes(SAID)).toBe(!isSealed);
    }
  });
});
