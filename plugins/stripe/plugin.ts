import { servicePlugin } from 'commerce-coordinator/sdk';
import { cancelPayment } from './cancel.ts';
import { capturePayment } from './capture.ts';
import { findPayment, readSecret, SERVICE } from './payment.ts';
import { refundPayment } from './refund.ts';
import { Settings } from './settings.ts';
import { startPayment } from './start.ts';
import { webhook } from './webhook.ts';

export const stripe = servicePlugin({
  name: 'stripe',
  service: SERVICE,
  settings: Settings,
  actions: {
    'payment.start': startPayment,
    'payment.find': findPayment,
    'payment.secret': readSecret,
    'payment.capture': capturePayment,
    'payment.cancel': cancelPayment,
    'payment.refund': refundPayment,
  },
  incoming: { stripe: webhook },
});
