/**
 * Stands for Open edX course-discovery: the course-run API, which is where prices come from.
 *
 * True to it: `Authorization: JWT …` or `Bearer …` with the LMS's token; seats with a decimal price as text, two
 * decimals whatever the currency; 401 and 404 with a `detail`; audit seats are listed, with price 0.00.
 * Simplified: one course run at a time, no search, no courses, programs or partners; only the fields that we read;
 * a token is judged by its own end, not by asking the LMS.
 */
import { z } from 'zod';
import { ok, Refusal } from './kit/answer.ts';
import { startPeer, type Peer, type PeerOptions } from './kit/start-peer.ts';
import { liveToken } from './kit/token.ts';
import { courses as worldCourses, type Course } from './world.ts';

/** A change somebody made to the catalog; the peer does nothing else on its own. */
export type DiscoveryFact = {
  readonly kind: 'price-changed';
  readonly course: string;
  readonly mode: string;
  readonly price: string;
};
const NewPrice = z.strictObject({ course: z.string(), mode: z.string(), price: z.string() });

export type DiscoveryPeer = Peer<DiscoveryFact> & {
  /** A new price, decimal text as in the API. */
  readonly setPrice: (change: z.output<typeof NewPrice>) => void;
  readonly addCourse: (course: Course) => void;
};

export const startDiscovery = (options: PeerOptions = {}): Promise<DiscoveryPeer> =>
  startPeer<DiscoveryFact, Omit<DiscoveryPeer, keyof Peer<DiscoveryFact>>>(
    'discovery',
    ({ ledger, on, control, onReset }) => {
      const courses = new Map<string, Course>();
      const addCourse = (course: Course) => void courses.set(course.key, course);
      const begin = () => {
        courses.clear();
        worldCourses.forEach(addCourse);
      };
      begin();
      onReset(begin);
      const find = (key: string | undefined): Course => {
        const course = courses.get(key ?? '');
        if (!course)
          throw new Refusal({ status: 404, body: { detail: 'No CourseRun matches the given query.' } });
        return course;
      };
      const setPrice = ({ course: key, mode, price }: z.output<typeof NewPrice>) => {
        const course = find(key);
        const seats = course.seats.map((seat) => (seat.mode === mode ? { ...seat, price } : seat));
        addCourse({ ...course, seats });
        ledger.add({ kind: 'price-changed', course: key, mode, price });
      };

      on('GET /api/v1/course_runs/:key/', ({ params, headers }) => {
        if (!liveToken(headers['authorization']))
          return {
            status: 401,
            body: { detail: 'Authentication credentials were not provided.' },
          };
        return ok(courseRun(find(params['key'])));
      });
      control('POST /_peer/price', ({ body }) => {
        setPrice(NewPrice.parse(body));
        return ok({});
      });
      return { setPrice, addCourse };
    },
    options,
  );

const courseRun = ({ key, title, enrollmentEnd, seats }: Course) => ({
  key,
  title,
  status: 'published',
  enrollment_start: '2020-01-01T00:00:00Z',
  enrollment_end: enrollmentEnd,
  start: '2020-02-01T00:00:00Z',
  end: null,
  seats: seats.map(({ mode, price, currency }) => ({
    type: mode,
    price,
    currency,
    upgrade_deadline: null,
    sku: `SKU-${key}-${mode}`,
  })),
});
