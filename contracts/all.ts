// The run-time list of contracts: what `index.ts` derives its types from, and what start-up checks.
export { readLearner } from './actions/learner.ts';
export { quotePurchase } from './actions/catalog.ts';
export { screenLearner } from './actions/sanctions.ts';
export { cancelOrder, openOrder, recordOrder } from './actions/order.ts';
export {
  cancelPayment,
  capturePayment,
  findPayment,
  readPaymentSecret,
  refundPayment,
  startPayment,
} from './actions/payment.ts';
export { checkEnrollment, grantEnrollment, revokeEnrollment } from './actions/enrollment.ts';
export { sendReceipt } from './actions/receipt.ts';
export { purchase } from './flows/purchase.ts';
export { purchaseCompleted } from './signals.ts';
export { purchaseRequested } from './filters.ts';
