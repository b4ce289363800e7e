import { startLms, type LmsPeer } from './lms/start-lms.ts';
import { secrets } from './world.ts';

const demo = 'course-v1:edX+DemoX+2026';
const closed = 'course-v1:edX+ClosedX+2020';
let peer: LmsPeer;
let token: string;

const login = async (clientSecret: string = secrets.lms.clientSecret) => {
  const body = new URLSearchParams({
    grant_type: 'client_credentials',
    client_id: secrets.lms.clientId,
    client_secret: clientSecret,
    token_type: 'jwt',
  });
  const response = await fetch(`${peer.url}/oauth2/access_token`, { method: 'POST', body });
  return { status: response.status, body: (await response.json()) as { access_token: string } };
};
beforeAll(async () => {
  peer = await startLms(secrets.lms);
});
afterAll(() => peer.stop());
beforeEach(async () => {
  peer.reset();
  token = (await login()).body.access_token;
});

const call = async (route: string, body?: object) => {
  const [method = '', path = ''] = route.split(' ');
  const response = await fetch(`${peer.url}${path}`, {
    method,
    headers: { authorization: `JWT ${token}`, 'content-type': 'application/json' },
    ...(body && { body: JSON.stringify(body) }),
  });
  const text = await response.text();
  return { status: response.status, body: (text && JSON.parse(text)) as unknown };
};
const enroll = (mode: string, { user = 'ada', course = demo, active = true, order = 'CC-1' } = {}) =>
  call('POST /api/enrollment/v1/enrollment', {
    user,
    mode,
    is_active: active,
    course_details: { course_id: course },
    enrollment_attributes: [
      { namespace: 'order', name: 'order_number', value: order },
      { namespace: 'order', name: 'line_item_id', value: '1' },
    ],
  });
const find = (user = 'ada') => call(`GET /api/enrollment/v1/enrollment/${user},${encodeURIComponent(demo)}`);

describe('the LMS', () => {
  it('gives a token for the right secret only, and takes it until it ends', async () => {
    expect((await login()).body).toMatchObject({ token_type: 'JWT', expires_in: 3600 });
    expect((await login('wrong')).status).toBe(401);
    peer.expireTokens();
    expect((await find()).status).toBe(401);
    token = (await login()).body.access_token;
    expect((await find()).status).toBe(200);
  });

  it('knows its learners by id, and any number of them', async () => {
    const ada = { id: 1001, username: 'ada', email: 'ada@example.com', name: 'Ada Lovelace', country: 'GB' };
    expect((await call('GET /api/user/v1/accounts?lms_user_id=1001')).body).toMatchObject([ada]);
    expect((await call('GET /api/user/v1/accounts?lms_user_id=123456')).body).toMatchObject([
      { username: 'learner-123456' },
    ]);
    expect((await call('GET /api/user/v1/accounts?lms_user_id=9')).status).toBe(404);
  });

  it('shows a course with its modes', async () => {
    const { body } = await call(
      `GET /api/enrollment/v1/course/${encodeURIComponent(demo)}?include_expired=1`,
    );
    expect(body).toMatchObject({
      course_id: demo,
      invite_only: false,
      course_modes: [{ slug: 'audit' }, { slug: 'verified', min_price: 49, currency: 'usd' }],
    });
  });
});

describe('an enrollment', () => {
  it('is created, upgraded, taken back and given again, each once in the ledger', async () => {
    expect(await find()).toEqual({ status: 200, body: '' });
    expect((await enroll('audit')).body).toMatchObject({ user: 'ada', mode: 'audit', is_active: true });
    await enroll('verified', { order: 'CC-2' });
    await enroll('verified', { active: false });
    expect((await find()).body).toMatchObject({ mode: 'verified', is_active: false });
    await enroll('verified', { order: 'CC-3' });
    expect(peer.ledger.all().map(({ kind, mode, order, before }) => [kind, mode, order, before])).toEqual([
      ['enrolled', 'audit', 'CC-1', null],
      ['enrolled', 'verified', 'CC-2', { mode: 'audit', active: true }],
      ['unenrolled', 'verified', 'CC-1', { mode: 'verified', active: true }],
      ['enrolled', 'verified', 'CC-3', { mode: 'verified', active: false }],
    ]);
  });

  it('in the same mode answers 200 to another order, and stores nothing of it', async () => {
    await enroll('verified', { order: 'CC-1' });
    expect((await enroll('verified', { order: 'CC-2' })).status).toBe(200);
    expect(peer.enrollment('ada', demo)?.attributes[0]?.value).toBe('CC-1');
    expect(peer.ledger.all()).toHaveLength(1);
    expect(JSON.stringify((await find()).body)).not.toContain('CC-1');
  });

  it('is not taken back in a mode that it has not', async () => {
    await enroll('verified');
    const refused = await enroll('audit', { active: false });
    expect(refused).toMatchObject({ status: 400, body: { message: expect.stringContaining('mismatch') } });
    expect((await find()).body).toMatchObject({ is_active: true });
  });

  it('is refused with the LMS’s own codes', async () => {
    expect((await enroll('verified', { course: 'course-v1:no+no+no' })).status).toBe(400);
    expect((await enroll('credit')).body).toMatchObject({ course_details: { course_id: demo } });
    expect((await enroll('verified', { course: closed })).status).toBe(400);
    expect((await enroll('verified', { user: 'nobody' })).status).toBe(406);
    peer.forbid({ user: 'ada' });
    expect((await enroll('verified')).status).toBe(403);
    expect((await enroll('verified', { user: 'grace' })).status).toBe(200);
    expect(peer.ledger.all()).toHaveLength(1);
  });

  it('may change after the course has closed, but not begin', async () => {
    peer.enroll('ada', demo, 'audit');
    peer.closeCourse(demo);
    expect((await enroll('verified')).status).toBe(200);
    expect((await enroll('verified', { user: 'grace' })).status).toBe(400);
  });

  it('waits when the LMS throttles, which is counted', async () => {
    const throttled = peer.throttle(1, 2);
    expect((await enroll('verified')).status).toBe(429);
    expect((await enroll('verified')).status).toBe(200);
    expect(throttled.observed).toBe(1);
  });
});
