import { z } from 'zod';
import { action, type Fact } from '../define.ts';
import { Money } from '../money.ts';

/** Where a payment stands, by its processor's own record. `service` is the processor that owns the record. */
export const Payment = z.discriminatedUnion('status', [
  /** `processing`: the learner has done their part, and only the processor can end it now. */
  z.object({ status: z.literal('pending'), payment: z.string(), processing: z.boolean().optional() }),
  z.object({
    status: z.enum(['authorized', 'captured']),
    payment: z.string(),
    service: z.string(),
    amount: Money,
  }),
  z.object({ status: z.literal('canceled'), payment: z.string(), reason: z.string() }),
]);
export type Payment = z.infer<typeof Payment>;

const paymentFacts = (order: string, found: Payment): readonly Fact[] =>
  found.status === 'captured' || found.status === 'authorized'
    ? [
        {
          kind: found.status,
          state: 'succeeded',
          service: found.service,
          reference: found.payment,
          order,
          money: found.amount,
        },
      ]
    : [];

/** Prepares a payment that the learner can confirm; takes nothing by itself. Capture is manual where the method allows it. */
export const startPayment = action({
  name: 'payment.start',
  effect: 'write',
  moves: 'money',
  input: z.object({ order: z.string(), attempt: z.int().positive(), amount: Money }),
  output: z.object({ payment: z.string() }),
  key: ({ order, attempt }) => `${order}/${attempt}`,
  reference: ({ payment }) => payment,
  order: ({ order }) => order,
});

/** Asks the processor where the payment stands. The only evidence that settles a payment. */
export const findPayment = action({
  name: 'payment.find',
  effect: 'read',
  input: z.object({ order: z.string(), payment: z.string() }),
  output: Payment,
  facts: ({ order }, found) => paymentFacts(order, found),
});

/** What a browser needs to confirm the payment. Only the API runs it, and keeps it nowhere. */
export const readPaymentSecret = action({
  name: 'payment.secret',
  effect: 'read',
  input: z.object({ payment: z.string() }),
  output: z.object({ clientSecret: z.string(), publishableKey: z.string() }),
});

/** Takes the authorized money. */
export const capturePayment = action({
  name: 'payment.capture',
  effect: 'write',
  moves: 'money',
  input: z.object({ order: z.string(), payment: z.string(), amount: Money }),
  output: Payment,
  key: ({ payment }) => payment,
  facts: ({ order }, found) => paymentFacts(order, found),
  reference: ({ payment }) => payment,
  order: ({ order }) => order,
});

/**
 * Ends a payment that nobody has captured; answers `captured` where it is too late for that.
 * With `unlessPaid` it leaves an authorized or processing payment alone and answers how it stands (the deadline's
 * question); without, it releases an authorization and answers `canceled` or `captured`, nothing else.
 */
export const cancelPayment = action({
  name: 'payment.cancel',
  effect: 'write',
  moves: 'money',
  input: z.object({
    order: z.string(),
    attempt: z.int().positive(),
    payment: z.string(),
    unlessPaid: z.boolean(),
  }),
  output: Payment,
  // Two questions, two effects: the deadline's stored answer must not stand in for the release.
  key: ({ order, attempt, unlessPaid }) => `${order}/${attempt}/${unlessPaid ? 'deadline' : 'release'}`,
  facts: ({ order }, found) => paymentFacts(order, found),
  reverses: ({ order, attempt }, found) =>
    found.status === 'canceled' ? [{ action: 'payment.start', key: `${order}/${attempt}` }] : [],
  order: ({ order }) => order,
});

/** Gives captured money back. `refund` is the line for a whole line, `'all'` for the whole payment, else the request's own id. */
export const refundPayment = action({
  name: 'payment.refund',
  effect: 'write',
  moves: 'money',
  input: z.object({
    order: z.string(),
    line: z.string().optional(),
    attempt: z.int().positive(),
    payment: z.string(),
    refund: z.string(),
    amount: Money,
  }),
  output: z.object({
    status: z.enum(['pending', 'succeeded', 'failed']),
    reference: z.string(),
    service: z.string(),
  }),
  key: ({ order, refund }) => `${order}/${refund}`,
  facts: ({ order, line, amount }, done) => [
    {
      kind: 'refunded',
      state: done.status,
      service: done.service,
      reference: done.reference,
      order,
      line,
      money: amount,
    },
  ],
  notDone: ({ status, reference }) =>
    status === 'failed' ? `The processor says that refund ${reference} failed.` : undefined,
  takesBack: ({ order, line, amount }) => ({ order, line, money: amount }),
  reverses: ({ order, attempt, payment, refund }) =>
    refund === 'all'
      ? [
          { action: 'payment.capture', key: payment },
          { action: 'payment.start', key: `${order}/${attempt}` },
        ]
      : [],
  reference: ({ reference }) => reference,
  order: ({ order }) => order,
});
