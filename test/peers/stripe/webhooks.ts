import type { StripeEvent } from './objects.ts';
import { createSender, type Delivery } from './send-events.ts';

export type WebhookRule = {
  /** `lose`: never sent. `duplicate`: sent `copies` times at once. `hold`: sent on `releaseHeld`, in the order asked for. */
  readonly kind: 'lose' | 'duplicate' | 'hold';
  /** Beginning of the event types it means; all if left out. */
  readonly type?: string | undefined;
  readonly times?: number | 'always' | undefined;
  /** How often `duplicate` sends, 2 if left out. */
  readonly copies?: number | undefined;
};
export type ArmedRule = WebhookRule & { readonly observed: number };

export type Webhooks = {
  readonly setEndpoint: (url: string | undefined) => void;
  readonly publish: (event: StripeEvent) => void;
  readonly arm: (rule: WebhookRule) => ArmedRule;
  readonly rules: () => readonly ArmedRule[];
  readonly disarm: () => void;
  /** Sends what was held, each after the one before it was answered. */
  readonly releaseHeld: (order?: 'made' | 'reversed') => void;
  /** Sends an event once more, as Stripe's dashboard does. */
  readonly resend: (event: string) => void;
  readonly events: () => readonly StripeEvent[];
  readonly deliveries: () => readonly Delivery[];
  /** Settles when nothing is being sent or waiting for its next try; held events do not count. */
  readonly settled: () => Promise<void>;
  readonly reset: () => void;
  readonly stop: () => Promise<void>;
};

/** Tells changes as Stripe does: asynchronously, in no promised order, and not always once. */
export const createWebhooks = (secrets: readonly string[]): Webhooks => {
  const { send, setEndpoint, deliveries, settled, reset } = createSender(secrets);
  const rules = createRules();
  let events: StripeEvent[] = [];
  let held: StripeEvent[] = [];
  return {
    ...{ setEndpoint, deliveries, settled },
    publish: (event) => {
      events.push(event);
      const rule = rules.take(event.type);
      if (rule?.kind === 'lose') return;
      if (rule?.kind === 'hold') held.push(event);
      else for (let copy = 0; copy < (rule ? (rule.copies ?? 2) : 1); copy += 1) send(event);
    },
    arm: rules.arm,
    rules: rules.all,
    disarm: rules.disarm,
    releaseHeld: (order = 'made') => {
      send(...(order === 'made' ? held : held.toReversed()));
      held = [];
    },
    resend: (id) => {
      const event = events.find((one) => one.id === id);
      if (!event) throw new Error(`No event '${id}' was made.`);
      send(event);
    },
    events: () => [...events],
    reset: () => {
      reset();
      rules.clear();
      [events, held] = [[], []];
    },
    stop: async () => {
      reset();
      await settled();
    },
  };
};

const createRules = () => {
  let rules: { readonly spec: WebhookRule; left: number; observed: number }[] = [];
  return {
    arm: (spec: WebhookRule): ArmedRule => {
      const rule = { spec, left: spec.times === 'always' ? Infinity : (spec.times ?? 1), observed: 0 };
      rules.push(rule);
      return {
        ...spec,
        get observed() {
          return rule.observed;
        },
      };
    },
    take: (type: string): WebhookRule | undefined => {
      const rule = rules.find(({ spec, left }) => left > 0 && type.startsWith(spec.type ?? ''));
      if (!rule) return undefined;
      rule.left -= 1;
      rule.observed += 1;
      return rule.spec;
    },
    all: (): ArmedRule[] => rules.map(({ spec, observed }) => ({ ...spec, observed })),
    disarm: () => rules.forEach((rule) => (rule.left = 0)),
    clear: () => {
      rules = [];
    },
  };
};
