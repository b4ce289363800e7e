import type { Peers } from '../peers/all.ts';
import { generatedLearner, learners } from '../peers/world.ts';

export const COURSE = 'course-v1:edX+DemoX+2026';

/** What the Services hold of one purchase, told by them alone. */
export interface Ledgers {
  /** The state of each order that was opened for it. */
  readonly orders: readonly string[];
  /** The state of each payment that was started for it. */
  readonly intents: readonly string[];
  /** Money taken and money given back, one number per movement, in minor units. */
  readonly captures: readonly number[];
  readonly refunds: readonly number[];
  /** Each real change of the learner's enrollment in the course. */
  readonly enrollments: readonly string[];
  readonly mails: readonly string[];
}

export const NOTHING: Ledgers = {
  orders: [],
  intents: [],
  captures: [],
  refunds: [],
  enrollments: [],
  mails: [],
};
/** Paid, enrolled and told, each once. */
export const sold = (amount = 4_900): Ledgers => ({
  orders: ['completed'],
  intents: ['succeeded'],
  captures: [amount],
  refunds: [],
  enrollments: ['enrolled'],
  mails: ['completed'],
});
/** Nothing was ever taken: the order and the payment are closed. */
export const CALLED_OFF: Ledgers = { ...NOTHING, orders: ['canceled'], intents: ['canceled'] };
/** Taken, given back whole, and told. */
export const givenBack = (amount = 4_900): Ledgers => ({
  orders: ['canceled'],
  intents: ['succeeded'],
  captures: [amount],
  refunds: [amount],
  enrollments: [],
  mails: ['refunded'],
});

/** The same with each mail once: where processes are killed a notice may come twice, and nothing else may. */
export const mailedOnce = (ledgers: Ledgers): Ledgers => ({ ...ledgers, mails: [...new Set(ledgers.mails)] });

/** One purchase, as its buyer knows it. */
export interface Bought {
  /** The flow's id. */
  readonly id: string;
  readonly learner: string;
  readonly course?: string;
}

export const accountOf = (learner: string): { readonly username: string; readonly email: string } =>
  learners.find(({ id }) => String(id) === learner) ?? generatedLearner(Number(learner));

const isComplete = (subject: string): string => (subject.endsWith('is complete') ? 'completed' : 'refunded');

/** Reads all peers' ledgers for one purchase. */
export const ledgersOf = (peers: Peers, { id, learner, course = COURSE }: Bought): Ledgers => {
  const reference = id.replace('purchase:', '');
  const { username, email } = accountOf(learner);
  const states = new Map<string, string>();
  for (const fact of peers.orders.ledger.all()) {
    if (fact.reference !== reference) continue;
    states.set(fact.number, fact.kind === 'order-recorded' ? fact.state : fact.kind.replace('order-', ''));
  }
  const intents = peers.stripe.intents().filter(({ metadata }) => metadata['flow'] === id);
  const isOurs = ({ intent }: { readonly intent: string }) => intents.some((known) => known.id === intent);
  return {
    orders: [...states.values()],
    intents: intents.map(({ status }) => status),
    captures: peers.stripe.ledger
      .of('captured')
      .filter(isOurs)
      .map(({ amount }) => amount),
    refunds: peers.stripe.ledger
      .of('refunded')
      .filter(isOurs)
      .map(({ amount }) => amount),
    enrollments: peers.lms.ledger
      .all()
      .filter((fact) => fact.user === username && fact.course === course)
      .map(({ kind, order }) => (order === null ? `${kind} by somebody else` : kind)),
    mails: peers.smtp.ledger
      .all()
      .filter(
        ({ to, subject }) =>
          to.includes(email) && [...states.keys()].some((order) => subject.includes(`${order} `)),
      )
      .map(({ subject }) => isComplete(subject)),
  };
};
