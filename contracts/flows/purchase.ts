import { z } from 'zod';
import { Item } from '../actions/catalog.ts';
import { Learner } from '../actions/learner.ts';
import { flow } from '../define.ts';
import { Duration } from '../duration.ts';
import { Money } from '../money.ts';

// One line per purchase until the engine can give back the share of a line; keys and facts already carry the line.
const Items = z.array(Item).min(1).max(1, 'one item per purchase for now: start one purchase per course');

/** Buys course seats for one learner: from the quote to the grant, or back to where everybody stood before. */
export const purchase = flow({
  name: 'purchase',
  uses: [
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
  emits: ['purchase.completed'],
  asks: ['purchase.requested'],
  startedBy: ['learner'],
  request: z.strictObject({ items: Items, expectedTotal: Money }),
  input: z.object({
    purchase: z.string(),
    learner: Learner,
    items: Items,
    expectedTotal: Money,
    startBefore: z.iso.datetime(),
  }),
  answer: z.discriminatedUnion('next', [
    z.object({ next: z.literal('confirm-payment'), order: z.string(), payment: z.string() }),
    z.object({
      next: z.literal('none'),
      reason: z.string().optional(),
      order: z.string().optional(),
      /** How it is about to end, where that is certain already. */
      status: z.enum(['declined', 'expired', 'canceled', 'refunded']).optional(),
    }),
  ]),
  result: z.discriminatedUnion('status', [
    z.object({ status: z.literal('completed'), order: z.string() }),
    z.object({ status: z.enum(['declined', 'expired', 'canceled', 'refunded']), reason: z.string() }),
  ]),
  policy: z.strictObject({
    /** How long a sanctions screen may stay undecided, and how often it is looked at. */
    screenWithin: Duration.default('72h'),
    screenEvery: Duration.default('5m'),
    /** How long the learner may take to pay, and how often the processor is asked without being told to. */
    payWithin: Duration.default('1h'),
    lookEvery: Duration.default('30s'),
  }),
  messages: {
    /** The processor has news; it carries no truth, the flow looks. */
    'payment.news': z.strictObject({ payment: z.string().max(255) }),
    /** The browser came back from the payment. */
    'payment.returned': z.strictObject({}),
    /** The learner no longer wants to buy. */
    'purchase.cancel': z.strictObject({}),
  },
  sentBy: {
    'payment.news': ['processor'],
    'payment.returned': ['learner'],
    'purchase.cancel': ['learner', 'operator'],
  },
  claims: ({ learner, items }) => items.map((item) => `${learner}|${item.courseRun}|${item.mode}`),
});
