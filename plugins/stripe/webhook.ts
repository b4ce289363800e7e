import { type Incoming, z } from 'commerce-coordinator/sdk';
import Stripe from 'stripe';
import type { Settings } from './settings.ts';

/** How old a signature may be, against replays. */
const TOLERANCE_SECONDS = 300;

const Event = z.object({ id: z.string().min(1), type: z.string() });
const IntentEvent = z.object({
  data: z.object({
    object: z.object({ id: z.string().min(1), metadata: z.record(z.string(), z.string()).nullish() }),
  }),
});

const isSignedBy = (secret: string, body: Uint8Array, header: string): boolean => {
  try {
    return Stripe.webhooks.signature?.verifyHeader(body, header, secret, TOLERANCE_SECONDS) ?? false;
  } catch {
    return false; // The client throws for a wrong signature as well as for a malformed one.
  }
};

/** Stripe's events. They carry no truth: each one about a payment makes its flow look. */
export const webhook: Incoming<Settings> = {
  verify: ({ body, headers }, { webhookSecrets }) => {
    const header = headers['stripe-signature'];
    return header !== undefined && webhookSecrets.some((secret) => isSignedBy(secret, body, header));
  },
  read: ({ body }) => {
    const event: unknown = JSON.parse(new TextDecoder().decode(body));
    const { id, type } = Event.parse(event);
    if (!type.startsWith('payment_intent.')) return [{ id, ignore: type }];
    const { object } = IntentEvent.parse(event).data;
    const flow = object.metadata?.['flow'];
    // Other shops may use the same account; every payment of ours names its flow.
    if (!flow) return [{ id, ignore: 'not ours' }];
    return [
      {
        id,
        to: { flow, reference: object.id },
        message: 'payment.news',
        data: { payment: object.id },
      },
    ];
  },
};
