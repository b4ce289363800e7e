import type { Implementation } from 'commerce-coordinator/sdk';
import { type Order, readOrder, record } from './client.ts';
import type { Settings } from './settings.ts';

type Lines = readonly { readonly id: string; readonly state: string }[];

const hasLines = (order: Order, lines: Lines): boolean =>
  lines.every(({ id, state }) => order.lines.some((line) => line.id === id && line.state === state));

export const recordOrder: Implementation<'order.record', Settings> = {
  run: async ({ order, state, payment, lines }, call) => {
    const paid = payment && { processor: payment.service, reference: payment.reference, ...payment.amount };
    await record(order, { state, lines, ...(paid && { payment: paid }) }, call);
    return {};
  },
  onDoubt: {
    repeatFor: '30d',
    lookup: async ({ order, state, lines }, call) => {
      const found = await readOrder(order, call);
      if (found.state !== state) return 'absent';
      // The state is right and the lines are not: somebody else's record stands there, and ours will be refused.
      return hasLines(found, lines) ? { found: {} } : 'undecided';
    },
  },
};
