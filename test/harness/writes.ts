import type { ArmedFault, FaultSpec } from '../peers/kit/faults.ts';
import type { Match } from '../peers/kit/match.ts';
import { accountOf, CALLED_OFF, givenBack, type Ledgers, sold } from './ledgers.ts';
import { type Begun, ENDED, type Shop } from './shop.ts';

/** One write of the purchase flow: how a purchase gets there, and by what a peer knows its request. */
export interface Write {
  readonly action: string;
  readonly peer: 'orders' | 'stripe' | 'lms';
  readonly way: Way;
  readonly match: (one: Begun & { readonly amount: number }) => Match;
}
type Way = 'sell' | 'release' | 'refund' | 'give up';

const post = (path: string, contains?: string): Match => ({ method: 'POST', path, contains });
const intent = (payment: string, verb: string) => post(`/v1/payment_intents/${payment}/${verb}`);

/** Every write that a purchase can come to; `enrollment.revoke` is none of them, since a granted purchase stands. */
export const WRITES: readonly Write[] = [
  {
    ...{ action: 'order.open', peer: 'orders', way: 'sell' },
    match: ({ learner }) => post('^/v1/orders$', `"customer":"${learner}"`),
  },
  {
    ...{ action: 'payment.start', peer: 'stripe', way: 'sell' },
    match: ({ amount }) => post('^/v1/payment_intents$', `amount=${amount}&`),
  },
  {
    ...{ action: 'payment.capture', peer: 'stripe', way: 'sell' },
    match: ({ payment }) => intent(payment, 'capture'),
  },
  {
    ...{ action: 'enrollment.grant', peer: 'lms', way: 'sell' },
    match: ({ learner }) => post('/api/enrollment/', `"${accountOf(learner).username}"`),
  },
  {
    ...{ action: 'order.record', peer: 'orders', way: 'sell' },
    match: ({ order }) => post(`/v1/orders/${order}/record`),
  },
  {
    ...{ action: 'payment.cancel', peer: 'stripe', way: 'release' },
    match: ({ payment }) => intent(payment, 'cancel'),
  },
  {
    ...{ action: 'payment.cancel', peer: 'stripe', way: 'give up' },
    match: ({ payment }) => intent(payment, 'cancel'),
  },
  {
    ...{ action: 'payment.refund', peer: 'stripe', way: 'refund' },
    match: ({ payment }) => post('/v1/refunds', payment),
  },
  {
    ...{ action: 'order.cancel', peer: 'orders', way: 'refund' },
    match: ({ order }) => post(`/v1/orders/${order}/cancel`),
  },
];

const WAYS: Readonly<Record<Way, (shop: Shop, one: Begun) => Promise<unknown>>> = {
  sell: (shop, { answer }) => shop.pay(answer),
  release: (shop, { learner, course = '', answer }) => {
    shop.peers.lms.enroll(accountOf(learner).username, course, 'verified');
    return shop.pay(answer);
  },
  refund: (shop, { learner, answer }) => {
    shop.peers.lms.forbid({ user: accountOf(learner).username });
    return shop.pay(answer);
  },
  'give up': (shop, one) => shop.say(one, 'purchase.cancel'),
};

/** How such a purchase ends, and what the Services hold then. */
export const outcomeOf = (way: Way, amount: number): { readonly status: string; readonly holds: Ledgers } => {
  switch (way) {
    case 'sell':
      return { status: 'completed', holds: sold(amount) };
    case 'release':
      return { status: 'declined', holds: { ...CALLED_OFF, enrollments: ['enrolled by somebody else'] } };
    case 'refund':
      return { status: 'refunded', holds: givenBack(amount) };
    case 'give up':
      return { status: 'canceled', holds: CALLED_OFF };
  }
};

/** A purchase under way to one write, which meets a fault. */
export interface Player {
  readonly write: Write;
  readonly amount: number;
  /** Settles when the fault happened. */
  readonly reached: Promise<ArmedFault>;
  /** How the purchase ended, once the learner has done all that there is to do. */
  readonly ended: Promise<{ readonly one: Begun; readonly status: string; readonly fault: ArmedFault }>;
}

/** Makes a purchase of a new learner, in a course of its own, whose request for this write meets the fault. */
export const play = (shop: Shop, write: Write, spec: Omit<FaultSpec, 'match'>): Player => {
  const learner = shop.newLearner();
  const { course, total } = shop.newCourse();
  const { amount } = total;
  const unknown = { id: '', order: '', payment: '', learner, course, amount };
  const arm = (one: typeof unknown) =>
    shop.peers[write.peer].faults.arm({ ...spec, match: write.match(one as typeof one & Begun) });
  const isEarly = write.action === 'order.open' || write.action === 'payment.start';
  const begin = async (): Promise<Begun> => {
    const { id } = (await shop.buy(learner, { course, total })).body;
    const bought = { id, learner, course };
    const answer = await shop.payable(bought);
    const { order = '', payment = '' } = answer.body as { order?: string; payment?: string };
    return { ...bought, order, payment, answer };
  };
  const early = isEarly ? arm(unknown) : undefined;
  const begun = begin();
  const armed = begun.then((one) => early ?? arm({ ...unknown, ...one }));
  const end = async () => {
    const [one, fault] = await Promise.all([begun, armed]);
    if (!ENDED.includes(one.answer.body.status)) await WAYS[write.way](shop, one);
    return { one, fault, status: await shop.ending(one) };
  };
  const reach = async () => {
    const fault = early ?? (await armed);
    await fault.reached;
    return fault;
  };
  const [ended, reached] = [end(), reach()];
  // Whoever waits for one of them is told.
  for (const promise of [ended, reached]) promise.catch(() => undefined);
  return { write, amount, reached, ended };
};
