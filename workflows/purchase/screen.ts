import type { Flow } from '../engine/define-flow.ts';
import { millisecondsOf } from '../engine/duration.ts';

/**
 * Looks whether we may sell to this learner. `review` and `unavailable` are looked at again until the deadline;
 * neither ever passes for clear.
 */
export const screen = async (
  flow: Flow<'purchase'>,
  { purchase, learner }: { purchase: string; learner: string },
): Promise<'clear' | 'declined' | 'expired' | 'canceled'> => {
  const { name, country } = await flow.run('learner.read', { learner });
  const look = (as: string) => flow.run('sanctions.screen', { purchase, learner, name, country }, { as });
  let { status } = await look('sanctions.screen');
  if (status !== 'clear' && status !== 'hit') {
    flow.status('in-review');
    const looked = await flow.wait({
      for: 'the sanctions screen',
      on: [],
      stopOn: 'purchase.cancel',
      withinMs: millisecondsOf(flow.policy.screenWithin),
      everyMs: millisecondsOf(flow.policy.screenEvery),
      upToEveryMs: millisecondsOf(flow.policy.screenEvery) * 12,
      look: (n) => look(`sanctions.screen~${n}`),
      until: (seen) => seen.status === 'clear' || seen.status === 'hit',
    });
    if (looked.ended !== 'settled') return looked.ended === 'stopped' ? 'canceled' : 'expired';
    status = looked.seen.status;
  }
  return status === 'clear' ? 'clear' : 'declined';
};
