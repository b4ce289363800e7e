import { ok, type Answer } from '../kit/answer.ts';
import type { Call, Handler, PeerContext } from '../kit/start-peer.ts';
import type { Campus } from './campus.ts';
import { courseDetails } from './courses.ts';
import { EnrollmentBody, enrollmentView, type Enrollments, type LmsFact } from './enrollments.ts';

type Parts = {
  readonly campus: Campus;
  readonly enrollments: Enrollments;
  readonly requireToken: (call: Call) => void;
};

/** The accounts and the enrollment API, as a server of the operator calls them. */
export const addLmsRoutes = (
  { on }: Pick<PeerContext<LmsFact>, 'on'>,
  { campus, enrollments, requireToken }: Parts,
): void => {
  const onSignedIn = (route: string, handler: Handler) =>
    on(route, (call) => {
      requireToken(call);
      return handler(call);
    });
  onSignedIn('GET /api/user/v1/accounts', ({ query }) => {
    const { lms_user_id: id, username } = query;
    const learner =
      typeof id === 'string' ? campus.learnerById(Number(id)) : campus.learnerByName(String(username));
    return learner ? ok([{ ...learner, is_active: true }]) : { status: 404 };
  });
  onSignedIn('GET /api/enrollment/v1/course/:course', ({ params }) =>
    ok(courseDetails(campus.course(params['course']))),
  );
  onSignedIn('GET /api/enrollment/v1/enrollment/:key', ({ params }) => {
    const [user = '', course = ''] = (params['key'] ?? '').split(',');
    const enrollment = enrollments.find(user, course);
    // As the real one: no enrollment is a 200 with nothing in it.
    return enrollment ? ok(enrollmentView(enrollment, campus.course(course))) : { status: 200 };
  });
  onSignedIn('POST /api/enrollment/v1/enrollment', ({ body }) => {
    const { user = '', mode = 'honor', is_active: active, ...rest } = EnrollmentBody.parse(body);
    const key = rest.course_details?.course_id;
    if (!key) return refusal(400, 'Course ID must be specified to create a new enrollment.');
    const course = campus.course(key);
    if (!campus.learnerByName(user)) return refusal(406, `The user ${user} does not exist.`);
    if (campus.isForbidden(user, key))
      return refusal(403, `Users from this location cannot access the course '${key}'.`);
    return enrollments.post({ user, course, mode, active, attributes: rest.enrollment_attributes });
  });
};

const refusal = (status: number, message: string): Answer => ({ status, body: { message } });
