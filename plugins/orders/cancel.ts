import type { Implementation } from 'commerce-coordinator/sdk';
import { cancel, readOrder } from './client.ts';
import type { Settings } from './settings.ts';

export const cancelOrder: Implementation<'order.cancel', Settings> = {
  run: async ({ order }, call) => {
    await cancel(order, call);
    return {};
  },
  onDoubt: {
    repeatFor: '30d',
    lookup: async ({ order }, call) => {
      const { state } = await readOrder(order, call);
      return state === 'canceled' ? { found: {} } : 'absent';
    },
  },
};
