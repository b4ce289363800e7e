import { servicePlugin } from 'commerce-coordinator/sdk';
import { sendReceipt } from './send.ts';
import { Settings } from './settings.ts';

export const email = servicePlugin({
  name: 'email',
  service: 'smtp',
  settings: Settings,
  actions: { 'receipt.send': sendReceipt },
});
