import { givenBack, type Ledgers, sold } from '../../test/harness/ledgers.ts';
import type { ArmedFault } from '../../test/peers/kit/faults.ts';
import type { Peers } from '../../test/peers/all.ts';
import type { Wanted } from './mfe.ts';

/** A purchase that the demonstration makes, and what must be true after it. */
export interface Planned extends Wanted {
  readonly title: string;
  /** Arranges the trouble; answers the fault that has to be observed, where it is one. */
  readonly trouble?: (peers: Peers) => ArmedFault | undefined;
  readonly endsAs: string;
  /** What the Services must hold of it afterwards. */
  readonly leaves: Ledgers;
}

const DEMO = { courseRun: 'course-v1:edX+DemoX+2026', price: { amount: 4_900, currency: 'USD' } } as const;
const SECOND = {
  courseRun: 'course-v1:edX+SecondX+2026',
  price: { amount: 9_900, currency: 'USD' },
} as const;
const ADA = '1001';
const GRACE = '1002';

export const PURCHASES: readonly Planned[] = [
  {
    ...DEMO,
    learner: ADA,
    title: 'Ada buys a course, and all goes well.',
    endsAs: 'completed',
    leaves: sold(DEMO.price.amount),
  },
  {
    ...DEMO,
    learner: GRACE,
    title: 'Grace buys it too, while the LMS answers 503 to the first four attempts to enroll her.',
    trouble: ({ lms }) =>
      lms.faults.arm({
        match: { method: 'POST', path: '/api/enrollment/v1/enrollment' },
        kind: 'status',
        status: 503,
        times: 4,
      }),
    endsAs: 'completed',
    leaves: sold(DEMO.price.amount),
  },
  {
    ...SECOND,
    learner: ADA,
    title:
      'Ada buys another course; the LMS refuses to enroll her after she has paid, so her money goes back.',
    trouble: ({ lms }) => {
      lms.forbid({ user: 'ada', course: SECOND.courseRun });
      return undefined;
    },
    endsAs: 'refunded',
    leaves: givenBack(SECOND.price.amount),
  },
];
