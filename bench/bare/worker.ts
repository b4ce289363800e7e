import { DefaultLogger, NativeConnection, Runtime, Worker } from '@temporalio/worker';

// The bare workflow's worker: workflow and activities on one queue, with the SDK's own defaults.

const given = (name: string): string => {
  const value = process.env[name];
  if (!value) throw new Error(`${name} is not set: bench/run.ts starts this process.`);
  return value;
};
const service = given('INSTANT_URL');

const STEPS = [
  'catalog.quote',
  'enrollment.check',
  'learner.read',
  'sanctions.screen',
  'order.open',
  'payment.start',
  'payment.find',
  'payment.capture',
  'enrollment.grant',
  'order.record',
  'receipt.send',
  'flow.end',
];
const call =
  (step: string) =>
  async (input: unknown): Promise<unknown> => {
    const response = await fetch(`${service}/${step}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(input),
    });
    if (!response.ok) throw new Error(`${step} answered ${response.status}`);
    return response.json();
  };

Runtime.install({ logger: new DefaultLogger('WARN') });
const worker = await Worker.create({
  connection: await NativeConnection.connect({ address: given('TEMPORAL_ADDRESS') }),
  taskQueue: `${given('TASK_QUEUE_PREFIX')}bare`,
  workflowBundle: { codePath: given('BARE_BUNDLE') },
  maxCachedWorkflows: 500,
  activities: Object.fromEntries(STEPS.map((step) => [step, call(step)])),
});
process.stdout.write(`${JSON.stringify({ msg: 'bare worker ready' })}\n`);
await worker.run();
