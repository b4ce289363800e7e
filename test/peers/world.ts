/** What all peers agree on. Names, ids and prices are the tests' vocabulary; change them and many tests change meaning. */
export const learners = [
  { id: 1001, username: 'ada', email: 'ada@example.com', name: 'Ada Lovelace', country: 'GB' },
  { id: 1002, username: 'grace', email: 'grace@example.com', name: 'Grace Hopper', country: 'US' },
  { id: 1003, username: 'mallory', email: 'mallory@example.com', name: 'Mallory Listed', country: 'US' },
  { id: 1004, username: 'robin', email: 'robin@example.com', name: 'Robin Doubt', country: 'CA' },
] as const;
export type Learner = {
  readonly id: number;
  readonly username: string;
  readonly email: string;
  readonly name: string;
  readonly country: string;
};

/** From here on every id is a learner, so that a load test never runs out of them. */
export const firstGeneratedLearner = 100_000;
export const generatedLearner = (id: number): Learner => ({
  id,
  username: `learner-${id}`,
  email: `learner-${id}@example.com`,
  name: `Learner ${id}`,
  country: 'US',
});

/** A price is decimal text as discovery shows it: two decimals in every currency, yen included. */
export type Seat = {
  readonly mode: string;
  readonly price: string;
  readonly currency: string;
};
export type Course = {
  readonly key: string;
  readonly title: string;
  readonly enrollmentEnd: string | null;
  readonly seats: readonly Seat[];
};

const audit: Seat = { mode: 'audit', price: '0.00', currency: 'USD' };
const verified = (price: string, currency = 'USD'): Seat => ({ mode: 'verified', price, currency });

export const courses: readonly Course[] = [
  {
    key: 'course-v1:edX+DemoX+2026',
    title: 'Demonstration Course',
    enrollmentEnd: null,
    seats: [audit, verified('49.00')],
  },
  {
    key: 'course-v1:edX+SecondX+2026',
    title: 'Second Course',
    enrollmentEnd: null,
    seats: [audit, verified('99.00')],
  },
  {
    key: 'course-v1:edX+FreeX+2026',
    title: 'Free Course',
    enrollmentEnd: null,
    seats: [{ mode: 'honor', price: '0.00', currency: 'USD' }, verified('0.00')],
  },
  {
    key: 'course-v1:edX+TokyoX+2026',
    title: 'Course in Yen',
    enrollmentEnd: null,
    seats: [audit, verified('5000.00', 'JPY')],
  },
  {
    key: 'course-v1:edX+ClosedX+2020',
    title: 'Closed Course',
    enrollmentEnd: '2020-12-31T00:00:00Z',
    seats: [verified('49.00')],
  },
];

/** Keys of the test world; they open nothing else. */
export const secrets = {
  stripe: {
    secretKey: 'sk_test_peer',
    publishableKey: 'pk_test_peer',
    webhookSecrets: ['whsec_peer'],
  },
  lms: { clientId: 'coordinator', clientSecret: 'lms-peer-secret' },
  sanctions: { apiKey: 'sanctions-peer-key' },
  orders: { token: 'orders-peer-token' },
} as const;
