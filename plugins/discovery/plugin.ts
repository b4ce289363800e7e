import { servicePlugin } from 'commerce-coordinator/sdk';
import { quotePurchase } from './quote.ts';
import { Settings } from './settings.ts';

export const discovery = servicePlugin({
  name: 'discovery',
  service: 'discovery',
  settings: Settings,
  actions: { 'catalog.quote': quotePurchase },
});
