/** Which Actions each flow calls. Start-up cannot see inside a function, so every flow says it here, and the types hold it to it. */
export const FLOW_USES = {
  purchase: [
    'catalog.quote',
    'enrollment.check',
    'learner.read',
    'sanctions.screen',
    'order.open',
    'order.cancel',
    'order.record',
    'payment.start',
    'payment.find',
    'payment.capture',
    'payment.cancel',
    'payment.refund',
    'enrollment.grant',
    'enrollment.revoke',
    'receipt.send',
  ],
} as const;
