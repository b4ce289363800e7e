import type { Look } from './temporal-ui.ts';

/** A purchase, by what an operator looks for. */
export interface Bought {
  readonly id: string;
  readonly order: string;
}
const WORKFLOWS = '/namespaces/default/workflows';

/** What an operator must be able to read of a purchase that ended, and of one that is parked at the LMS. */
export function looks(done: Bought, parked: Bought): readonly Look[] {
  const find = (query: string) => `${WORKFLOWS}?query=${encodeURIComponent(query)}`;
  const [whole, attention, order] = [
    '',
    'CommerceStatus = "needs-attention"',
    `CommerceOrder = "${done.order}"`,
  ];
  return [
    {
      name: '1-list',
      path: find(whole),
      shows: ['\tpurchase\t', done.id, parked.id, 'Running', 'Completed'],
    },
    { name: '2-needs-attention', path: find(attention), shows: [parked.id], hides: [done.id] },
    { name: '3-order', path: find(order), shows: [done.id], hides: [parked.id] },
    ...looksAtDone(done),
    ...looksAtParked(parked),
  ];
}

const pageOf = ({ id }: Bought): string => `${WORKFLOWS}/${encodeURIComponent(id)}`;

const looksAtDone = (done: Bought): readonly Look[] => [
  {
    name: '4-purchase',
    path: pageOf(done),
    shows: ['Completed', /Workflow Type\s+purchase/, ...STEPS, ...summaries(done)],
  },
  {
    name: '5-step',
    path: pageOf(done),
    click: 'svg text:has-text("payment.capture")',
    shows: ['Activity ID', 'payment.capture', `order ${done.order}`, '"status": "captured"'],
  },
  {
    name: '6-purchase-search',
    path: pageOf(done),
    click: 'text="Search Attributes"',
    shows: ['"CommerceStatus": "completed"', `"CommerceOrder": "${done.order}"`],
  },
];
const STEPS = [
  ...['catalog.quote', 'enrollment.check', 'learner.read', 'sanctions.screen', 'order.open', 'payment.start'],
  ...['payment.find', 'payment.capture', 'enrollment.grant', 'order.record', 'receipt.send'],
];

/** What stands beside a step: once there is an order, its number. */
const summaries = ({ order }: Bought): readonly RegExp[] =>
  ['payment\\.capture', 'enrollment\\.grant', 'order\\.record', 'receipt\\.send'].map(
    (step) => new RegExp(`${step} • .*${order}`),
  );

const looksAtParked = (parked: Bought): readonly Look[] => [
  {
    name: '7-parked',
    path: pageOf(parked),
    shows: ['Running', 'flow.park', new RegExp(`enrollment\\.grant • .*${parked.order}`)],
  },
  {
    name: '8-parked-search',
    path: pageOf(parked),
    click: 'text="Search Attributes"',
    shows: ['"CommerceStatus": "needs-attention"', '"CommerceService": "lms"', parked.order],
  },
  {
    name: '9-parked-details',
    path: pageOf(parked),
    click: 'text="User Metadata"',
    shows: ['needs-attention', parked.order, 'waits for enrollment.grant', 'parked ('],
  },
];
