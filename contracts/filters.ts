import { Quote } from './actions/catalog.ts';
import { filter } from './define.ts';

/** The price of a purchase, before anybody is asked to pay it: discounts and tax are Pipeline Steps of it. */
export const purchaseRequested = filter('purchase.requested', Quote);
