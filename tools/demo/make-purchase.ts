import type { Connection } from '@temporalio/client';
import { ledgersOf } from '../../test/harness/ledgers.ts';
import type { Made } from './judge.ts';
import { ENDED, openMfe } from './mfe.ts';
import type { DemoShop } from './open-shop.ts';
import type { Planned } from './purchases.ts';
import { createTimeline } from './timeline.ts';
import { watchSteps } from './watch-steps.ts';

export type MadeFlow = Made & { readonly id: string; readonly runId: string };

/** Makes one purchase as a micro-frontend does, and prints its steps while they happen. */
export const makePurchase = async (
  shop: DemoShop,
  connection: Connection,
  planned: Planned,
): Promise<MadeFlow> => {
  const { learner, courseRun, price, trouble, leaves, endsAs, title } = planned;
  const fault = trouble?.(shop.peers);
  const mfe = openMfe(shop, learner);
  const timeline = createTimeline((line) => console.log(line));
  try {
    timeline.note('learner', `POST /v1/flows/purchase: ${courseRun}`);
    const begun = await mfe.start(planned);
    timeline.note('learner', `sees: ${begun.status}, order ${begun.order}; confirms the payment`);
    const watched = await watchSteps(connection, begun.id, timeline.step);
    await mfe.pay(begun);
    const last = await mfe.until(begun.id, ENDED, ({ status, reason }) => {
      if (status !== begun.status) timeline.note('learner', `sees: ${status}${reason ? ` (${reason})` : ''}`);
    });
    await watched.ended;
    return {
      ...{ title, leaves, endsAs, currency: price.currency },
      id: begun.id,
      runId: watched.runId,
      order: last.order ?? '',
      status: last.status,
      holds: ledgersOf(shop.peers, { id: begun.id, learner, course: courseRun }),
      fault: fault && { planned: Number(fault.spec.times ?? 1), observed: fault.observed },
    };
  } finally {
    timeline.close();
  }
};
