import { servicePlugin } from 'commerce-coordinator/sdk';
import { screenLearner } from './screen.ts';
import { Settings } from './settings.ts';

export const sanctions = servicePlugin({
  name: 'sanctions',
  service: 'sanctions',
  settings: Settings,
  actions: { 'sanctions.screen': screenLearner },
});
