/**
 * Stands for the Open edX LMS: OAuth tokens, the accounts API, the enrollment API (reference 12.2).
 *
 * True to it: 200 with an empty body where there is no enrollment; the same mode and activity answers 200 and stores
 * nothing, attributes included; a deactivation needs the current mode; a new enrollment needs an open mode, a change
 * of an old one does not; attributes are stored and never shown; 400, 403, 406 with a `message`.
 * Simplified: every token is the service user's, so the 404 for other people's enrollments never comes; no entitlements,
 * no embargo by country (403 on request instead), no throttle of its own (arm a `status` 429 fault or call `throttle`),
 * no credit providers; a course closes for new enrollments as a whole.
 */
import { z } from 'zod';
import { ok } from '../kit/answer.ts';
import type { ArmedFault, FaultSpec } from '../kit/faults.ts';
import { startPeer, type Peer, type PeerContext, type PeerOptions } from '../kit/start-peer.ts';
import { createCampus, type Campus } from './campus.ts';
import { createEnrollments, type Enrollment, type LmsFact } from './enrollments.ts';
import { addLmsRoutes } from './routes.ts';
import { createSignIn, type LmsClient } from './sign-in.ts';

export type LmsPeer = Peer<LmsFact> &
  Pick<Campus, 'addLearner' | 'addCourse' | 'closeCourse' | 'forbid'> & {
    readonly enrollment: (user: string, course: string) => Enrollment | undefined;
    /** Enrolls as somebody else would: no order, no call. */
    readonly enroll: (user: string, course: string, mode: string) => void;
    /** All tokens issued so far answer 401. */
    readonly expireTokens: () => void;
    /** The next calls answer 429 with Retry-After, in seconds. */
    readonly throttle: (times: number, retryAfter: number) => ArmedFault;
  };

export const startLms = (client: LmsClient, options: PeerOptions = {}): Promise<LmsPeer> =>
  startPeer<LmsFact, Omit<LmsPeer, keyof Peer<LmsFact>>>(
    'lms',
    (context) => {
      const campus = createCampus();
      const enrollments = createEnrollments(context.ledger);
      const { signIn, requireToken, expireTokens } = createSignIn(client);
      [campus.begin, enrollments.clear].forEach(context.onReset);
      context.on('POST /oauth2/access_token', signIn);
      addLmsRoutes(context, { campus, enrollments, requireToken });
      addLmsControls(context, campus, expireTokens);
      context.control('GET /_peer/enrollments', () => ok(enrollments.all()));

      const { addLearner, addCourse, closeCourse, forbid } = campus;
      return {
        ...{ addLearner, addCourse, closeCourse, forbid, expireTokens },
        enrollment: enrollments.find,
        enroll: (user, course, mode) =>
          void enrollments.post({ user, course: campus.course(course), mode, active: true, attributes: [] }),
        throttle: (times, retryAfter) => context.faults.arm(throttled(times, retryAfter)),
      };
    },
    options,
  );

const addLmsControls = (
  { control }: Pick<PeerContext<LmsFact>, 'control'>,
  campus: Campus,
  expireTokens: () => void,
) => {
  control('POST /_peer/forbid', ({ body }) => {
    campus.forbid(z.strictObject({ user: z.string().optional(), course: z.string().optional() }).parse(body));
    return ok({});
  });
  control('POST /_peer/courses/close', ({ body }) => {
    campus.closeCourse(z.strictObject({ course: z.string() }).parse(body).course);
    return ok({});
  });
  control('POST /_peer/tokens/expire', () => {
    expireTokens();
    return ok({});
  });
};

const throttled = (times: number, retryAfter: number): FaultSpec => ({
  match: { path: '/api/' },
  kind: 'status',
  times,
  status: 429,
  body: { detail: `Request was throttled. Expected available in ${retryAfter} seconds.` },
  headers: { 'retry-after': String(retryAfter) },
});
