/**
 * Stands for Stripe's API (PaymentIntents, Refunds, Charges, Events, webhooks), as the official client v23 calls it.
 *
 * True to it: form-encoded bodies, error shapes, the PaymentIntent's states, test cards, Idempotency-Keys (bound to the
 * parameters, 500s stored, 409 while under way), refunds that stay pending or fail later, signed webhooks that repeat
 * until answered 2xx and come in no promised order, unknown parameters refused.
 * Simplified: one account and one currency per intent; no customers, payouts, fees, disputes, Connect, search or API
 * versions; a smallest amount of 50 in every currency; cards are the test payment methods only; a partial capture
 * releases the rest silently; a webhook is tried for seconds, not for three days.
 */
import { startPeer, type Peer, type PeerOptions } from '../kit/start-peer.ts';
import { Refusal, type Answer } from '../kit/answer.ts';
import { createActions, type StripeActions } from './actions.ts';
import { readCaller, type StripeKeys } from './auth.ts';
import { addStripeControls } from './controls.ts';
import { createIdempotency } from './idempotency.ts';
import { problemBody } from './problems.ts';
import { newId, type Intent, type StripeFact } from './objects.ts';
import { addIntentRoutes } from './intent-routes.ts';
import { addEventRoutes, addMoneyRoutes } from './money-routes.ts';
import { createStore } from './store.ts';
import { createWebhooks, type Webhooks } from './webhooks.ts';

export type StripePeer = Peer<StripeFact> &
  StripeActions & {
    readonly webhooks: Webhooks;
    /** Money taken for an order, in minor units. */
    readonly captures: (order: string) => number;
    /** Money given back, less what came back to us because a refund failed. Pending refunds are not counted. */
    readonly refunded: (order: string) => number;
    readonly intents: () => readonly Intent[];
  };

export const startStripe = (keys: StripeKeys, options: PeerOptions = {}): Promise<StripePeer> =>
  startPeer<StripeFact, Omit<StripePeer, keyof Peer<StripeFact>>>(
    'stripe',
    (context) => {
      const { ledger } = context;
      const webhooks = createWebhooks(keys.webhookSecrets);
      const store = createStore(ledger, webhooks);
      const idempotency = createIdempotency();
      const { actions, nextRefundIsPending, clear } = createActions(store, idempotency);

      context.around(async (call, work) => {
        const run = async () => {
          readCaller(call, keys);
          return idempotency.run(call, work);
        };
        const answer = await run().catch((error: unknown): Answer => {
          if (error instanceof Refusal) return error.answer;
          throw error;
        });
        return { ...answer, headers: { 'request-id': newId('req'), ...answer.headers } };
      });
      addStripeControls(context, actions, webhooks);
      addIntentRoutes(context, store, keys);
      addMoneyRoutes(context, store, nextRefundIsPending);
      addEventRoutes(context, webhooks);
      [store.clear, idempotency.clear, webhooks.reset, clear].forEach(context.onReset);
      context.onStop(webhooks.stop);

      const sum = (kind: 'captured' | 'refunded', order: string) =>
        ledger.of(kind).reduce((total, fact) => total + (fact.order === order ? fact.amount : 0), 0);
      const returned = (order: string) =>
        ledger
          .of('refund-failed')
          .reduce((total, fact) => total + (fact.order === order && fact.returned ? fact.amount : 0), 0);
      return {
        ...actions,
        webhooks,
        captures: (order) => sum('captured', order),
        refunded: (order) => sum('refunded', order) - returned(order),
        intents: () => [...store.intents.values()],
      };
    },
    { unsupported: [], errorBody: problemBody, ...options },
  );
