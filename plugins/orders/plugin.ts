import { servicePlugin } from 'commerce-coordinator/sdk';
import { cancelOrder } from './cancel.ts';
import { openOrder } from './open.ts';
import { recordOrder } from './record.ts';
import { Settings } from './settings.ts';

export const orders = servicePlugin({
  name: 'orders',
  service: 'orders',
  settings: Settings,
  actions: {
    'order.open': openOrder,
    'order.cancel': cancelOrder,
    'order.record': recordOrder,
  },
});
