import {
  allHandlersFinished,
  condition,
  defineUpdate,
  proxyActivities,
  setHandler,
} from '@temporalio/workflow';

// The yardstick: what a Temporal user writes by hand for the same calls. No journal, no undo, no parking, one queue.

type Fields = Readonly<Record<string, unknown>>;
const steps = proxyActivities<Readonly<Record<string, (input: unknown) => Promise<Fields>>>>({
  startToCloseTimeout: '30s',
  retry: { initialInterval: '500ms', backoffCoefficient: 2, maximumInterval: '30s' },
});
const run = (step: string, input: unknown): Promise<Fields> => steps[step]!(input);

export interface PurchaseInput {
  readonly purchase: string;
  readonly learner: string;
  readonly items: readonly unknown[];
}

interface Quoted {
  readonly lines: readonly [Fields];
  readonly total: Fields;
}

const answerUpdate = defineUpdate<unknown>('answer');
const messageUpdate = defineUpdate<string, [Fields]>('message');

export async function reads({ purchase, learner, items }: PurchaseInput): Promise<Fields> {
  const { lines } = (await run('catalog.quote', { purchase, learner, items }))['quote'] as Quoted;
  const [line] = lines;
  await run('enrollment.check', { learner, line });
  const { name, country } = await run('learner.read', { learner });
  await run('sanctions.screen', { purchase, learner, name, country });
  await run('enrollment.check', { learner, line });
  await run('flow.end', { status: 'completed' });
  return { status: 'completed' };
}

export async function purchase({ purchase: id, learner, items }: PurchaseInput): Promise<Fields> {
  let answer: Fields | undefined;
  let isTold = false;
  setHandler(answerUpdate, async () => {
    await condition(() => answer !== undefined);
    return answer;
  });
  setHandler(messageUpdate, () => {
    isTold = true;
    return 'consumed';
  });

  const quote = (await run('catalog.quote', { purchase: id, learner, items }))['quote'] as Quoted;
  const [line] = quote.lines;
  await run('enrollment.check', { learner, line });
  const { name, country } = await run('learner.read', { learner });
  await run('sanctions.screen', { purchase: id, learner, name, country });
  const { order } = await run('order.open', { purchase: id, quote });
  const { payment } = await run('payment.start', { order, attempt: 1, amount: quote.total });
  answer = { next: 'confirm-payment', order, payment };
  await condition(() => isTold, '30s');
  await run('payment.find', { order, payment });
  await run('enrollment.check', { learner, line });
  await run('payment.capture', { order, payment, amount: quote.total });
  await run('enrollment.grant', { learner, order, line });
  const lines = [{ id: line['id'], state: 'granted' }];
  await run('order.record', { order, state: 'completed', payment, lines });
  const reader = await run('learner.read', { learner });
  await run('receipt.send', {
    order,
    outcome: 'completed',
    name: reader['name'],
    email: reader['email'],
    lines: quote.lines,
    total: quote.total,
  });
  await run('flow.end', { status: 'completed', order });
  await condition(allHandlersFinished);
  return { status: 'completed', order };
}
