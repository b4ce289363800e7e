import { secrets } from '../../test/peers/world.ts';
import type { DemoShop } from './open-shop.ts';

const LEARNER = '1001';

/** Commands for a shell: a purchase, its payment, and how to look at what came of it. */
export const tryIt = async ({ coordinator, peers }: DemoShop): Promise<string> => {
  const learner = await coordinator.token({ userId: LEARNER });
  const operator = await coordinator.token({ userId: '1', roles: ['operator'] });
  const { stripe, lms } = peers;
  return `Paste this once; the tokens are good for 12 hours:

  API=${coordinator.url} STRIPE=${stripe.url} LMS=${lms.url}
  LEARNER="Authorization: Bearer ${learner}"
  OPERATOR="Authorization: Bearer ${operator}"

Buy a course, as a micro-frontend does for the learner ada:

  ANSWER=$(curl -sS $API/v1/flows/purchase -H "$LEARNER" -H 'Content-Type: application/json' \\
    -H "Idempotency-Key: try-$(date +%s)" \\
    -d '{"items":[{"courseRun":"course-v1:edX+DemoX+2026"}],"expectedTotal":{"amount":4900,"currency":"USD"}}'); echo "$ANSWER"

Confirm the payment, as Stripe.js does in her browser (decline it with pm_card_chargeDeclined):

  SECRET=$(echo "$ANSWER" | sed -E 's/.*"clientSecret":"([^"]+)".*/\\1/')
  curl -sS $STRIPE/v1/payment_intents/\${SECRET%%_secret_*}/confirm \\
    -d key=${secrets.stripe.publishableKey} -d client_secret=$SECRET -d payment_method=pm_card_visa

Look at it, as she does and as an operator does (steps, effects, facts, incidents):

  FLOW=$(echo "$ANSWER" | sed -E 's/.*"id":"([^"]+)".*/\\1/')
  curl -sS $API/v1/flows/$FLOW -H "$LEARNER"
  curl -sS $API/v1/flows/$FLOW -H "$OPERATOR"
  curl -sS $API/v1/ops/violations -H "$OPERATOR"
  curl -sS $LMS/_peer/ledger

Make the LMS fail ten times, then buy another course (…SecondX+2026 for 9900; test/peers/README.md has all faults):

  curl -sS $LMS/_peer/faults -H 'Content-Type: application/json' \\
    -d '{"match":{"method":"POST","path":"/api/enrollment/"},"kind":"status","times":10}'

Warnings of the API and the worker appear below. Ctrl-C stops everything and throws the data away. After a change to the
code: Ctrl-C and \`npm run dev\` again; nothing restarts by itself.`;
};
