export type Metadata = Readonly<Record<string, string>>;

export type IntentStatus =
  | 'requires_payment_method'
  | 'requires_confirmation'
  | 'requires_action'
  | 'processing'
  | 'requires_capture'
  | 'succeeded'
  | 'canceled';

export type PaymentError = {
  readonly type: 'card_error' | 'invalid_request_error';
  readonly code: string;
  readonly decline_code?: string;
  readonly message: string;
  readonly payment_method?: { readonly id: string; readonly object: 'payment_method'; readonly type: string };
};

/** A PaymentIntent as the API shows it. */
export type Intent = {
  readonly id: string;
  readonly object: 'payment_intent';
  readonly amount: number;
  readonly amount_capturable: number;
  readonly amount_received: number;
  readonly automatic_payment_methods: unknown;
  readonly canceled_at: number | null;
  readonly cancellation_reason: string | null;
  readonly capture_method: 'automatic' | 'automatic_async' | 'manual';
  readonly client_secret: string;
  readonly confirmation_method: 'automatic';
  readonly created: number;
  readonly currency: string;
  readonly customer: string | null;
  readonly description: string | null;
  readonly last_payment_error: PaymentError | null;
  readonly latest_charge: string | null;
  readonly livemode: false;
  readonly metadata: Metadata;
  readonly next_action: Readonly<Record<string, unknown>> | null;
  readonly payment_method: string | null;
  readonly payment_method_types: readonly string[];
  readonly receipt_email: string | null;
  readonly status: IntentStatus;
};

export type Charge = {
  readonly id: string;
  readonly object: 'charge';
  readonly amount: number;
  readonly amount_captured: number;
  readonly amount_refunded: number;
  readonly captured: boolean;
  readonly created: number;
  readonly currency: string;
  readonly livemode: false;
  readonly metadata: Metadata;
  readonly paid: boolean;
  readonly payment_intent: string;
  readonly payment_method: string;
  readonly refunded: boolean;
  readonly status: 'succeeded';
};

export type Refund = {
  readonly id: string;
  readonly object: 'refund';
  readonly amount: number;
  readonly charge: string;
  readonly created: number;
  readonly currency: string;
  readonly failure_reason?: string;
  readonly metadata: Metadata;
  readonly payment_intent: string;
  readonly reason: string | null;
  readonly status: 'pending' | 'succeeded' | 'failed';
};

export type StripeEvent = {
  readonly id: string;
  readonly object: 'event';
  readonly api_version: string;
  readonly created: number;
  readonly data: { readonly object: Intent | Charge | Refund };
  readonly livemode: false;
  readonly pending_webhooks: number;
  readonly request: { readonly id: string | null; readonly idempotency_key: string | null };
  readonly type: string;
};

type Of = { readonly intent: string; readonly order: string | null };

/** What the processor really did. `order` is the intent's metadata `order` (or `order_number`). */
export type StripeFact =
  | ({ readonly kind: 'intent-created'; readonly amount: number; readonly currency: string } & Of)
  | ({ readonly kind: 'authorized'; readonly amount: number } & Of)
  | ({ readonly kind: 'attempt-failed'; readonly code: string } & Of)
  | ({
      readonly kind: 'captured';
      readonly charge: string;
      readonly amount: number;
      readonly currency: string;
    } & Of)
  | ({ readonly kind: 'canceled'; readonly reason: string } & Of)
  | ({ readonly kind: 'refund-pending' | 'refunded'; readonly refund: string; readonly amount: number } & Of)
  /** `returned`: it had succeeded before, and the money came back to us. */
  | ({
      readonly kind: 'refund-failed';
      readonly refund: string;
      readonly amount: number;
      readonly returned: boolean;
    } & Of);

export const newId = (prefix: string): string =>
  `${prefix}_peer${crypto.randomUUID().replaceAll('-', '').slice(0, 20)}`;

export const nowSeconds = (): number => Math.floor(Date.now() / 1000);
