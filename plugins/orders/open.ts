import type { Implementation } from 'commerce-coordinator/sdk';
import { createOrder, ordersOf } from './client.ts';
import type { Settings } from './settings.ts';

export const openOrder: Implementation<'order.open', Settings> = {
  run: async ({ purchase, quote }, call) => {
    const { number } = await createOrder(
      {
        reference: purchase,
        customer: quote.learner,
        currency: quote.total.currency,
        lines: quote.lines.map(({ id, courseRun, mode, total }) => ({
          id,
          product: courseRun,
          mode,
          total: total.amount,
        })),
        total: quote.total.amount,
      },
      call,
    );
    return { order: number };
  },
  onDoubt: {
    lookup: async ({ purchase }, call) => {
      const [order, ...others] = await ordersOf(purchase, call);
      if (!order) return 'absent';
      if (others.length === 0) return { found: { order: order.number } };
      const numbers = [order, ...others].map(({ number }) => number);
      call.log.warn(
        { purchase, numbers },
        'Several orders carry the reference of one purchase: cancel all but one.',
      );
      return 'undecided';
    },
  },
};
