import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { bundleWorkflowCode, DefaultLogger, Runtime, Worker } from '@temporalio/worker';

const FOLDER = join(process.cwd(), 'test/histories/purchase');
const HISTORIES = readdirSync(FOLDER).filter((file) => file.endsWith('.json'));
const read = (file: string): unknown => JSON.parse(readFileSync(join(FOLDER, file), 'utf8'));

beforeAll(() => {
  Runtime.install({ logger: new DefaultLogger('ERROR', () => undefined) });
});

describe("today's flows replay what was recorded of them:", () => {
  it.each(HISTORIES)('purchase/%s', async (file) => {
    const codePath = process.env['CC_TEST_BUNDLE'] ?? '';
    await Worker.runReplayHistory({ workflowBundle: { codePath }, replayName: file }, read(file));
  });
});

describe('a flow that no longer does what was recorded', () => {
  it('is found out', async () => {
    const { code } = await bundleWorkflowCode({
      workflowsPath: join(process.cwd(), 'test/histories/changed-flow.ts'),
      logger: new DefaultLogger('ERROR'),
    });
    await expect(
      Worker.runReplayHistory({ workflowBundle: { code } }, read('completed.json')),
    ).rejects.toThrow(/[Nn]on-?determinis/);
  });
});
