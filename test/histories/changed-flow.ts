import { defineFlow } from '../../workflows/engine/define-flow.ts';

/** A purchase whose first step is another than it was: the replay test's proof that it notices. */
export const purchase = defineFlow(
  {
    name: 'purchase',
    ended: (status, reason) => ({ answer: { next: 'none', reason }, result: { status, reason } }),
  },
  async (flow, { learner }) => {
    await flow.run('learner.read', { learner });
    return { status: 'declined', reason: 'changed' };
  },
);
