import { servicePlugin } from 'commerce-coordinator/sdk';
import { checkEnrollment } from './check.ts';
import { grantEnrollment } from './grant.ts';
import { readLearner } from './learner.ts';
import { revokeEnrollment } from './revoke.ts';
import { Settings } from './settings.ts';

export const lms = servicePlugin({
  name: 'lms',
  service: 'lms',
  settings: Settings,
  actions: {
    'learner.read': readLearner,
    'enrollment.check': checkEnrollment,
    'enrollment.grant': grantEnrollment,
    'enrollment.revoke': revokeEnrollment,
  },
});
