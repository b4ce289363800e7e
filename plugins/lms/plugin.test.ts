import { startLms, type LmsPeer } from '../../test/peers/lms/start-lms.ts';
import { secrets } from '../../test/peers/world.ts';
import type { In } from '../sdk/index.ts';
import { actionOf, type CallOptions, callFor, failureOf, type TestCall } from '../sdk/testing.ts';
import { lms } from './plugin.ts';
import type { Settings } from './settings.ts';

const DEMO = 'course-v1:edX+DemoX+2026';
const lineOf = (courseRun: string, mode = 'verified') => ({
  id: '1',
  courseRun,
  mode,
  total: { amount: 4_900, currency: 'USD' },
});
const ADA = '1001';
const GRANT: In<'enrollment.grant'> = { learner: ADA, order: 'ORD-1', line: lineOf(DEMO) };
const AUDIT = { mode: 'audit', active: true };

let peer: LmsPeer;
beforeAll(async () => {
  peer = await startLms(secrets.lms);
});
afterEach(() => peer.reset());
afterAll(() => peer.stop());

const call = (options?: CallOptions): TestCall<Settings> =>
  callFor(lms, { url: peer.url, ...secrets.lms }, options);
const { run: read } = actionOf(lms, 'learner.read');
const { run: check } = actionOf(lms, 'enrollment.check');
const grant = actionOf(lms, 'enrollment.grant');
const revoke = actionOf(lms, 'enrollment.revoke');
const standing = () => peer.enrollment('ada', DEMO);

describe('a learner', () => {
  test('is read by the LMS user id', async () => {
    expect(await read({ learner: ADA }, call())).toEqual({
      username: 'ada',
      name: 'Ada Lovelace',
      email: 'ada@example.com',
      country: 'GB',
    });
  });

  test('without a name or a country is called by the username', async () => {
    peer.addLearner({ id: 7, username: 'nameless', email: 'n@example.com', name: '', country: '' });
    expect(await read({ learner: '7' }, call())).toEqual({
      username: 'nameless',
      name: 'nameless',
      email: 'n@example.com',
    });
  });

  test('whom the LMS does not know ends the flow', async () => {
    expect(await failureOf(read({ learner: '9999' }, call()))).toMatchObject({
      name: 'TerminalError',
      code: 'learner.unknown',
    });
  });
});

describe('an enrollment', () => {
  test('is possible, with what was before', async () => {
    expect(await check({ learner: ADA, line: lineOf(DEMO) }, call())).toEqual({ status: 'possible' });
    peer.enroll('ada', DEMO, 'audit');
    expect(await check({ learner: ADA, line: lineOf(DEMO) }, call())).toEqual({
      status: 'possible',
      before: AUDIT,
    });
  });

  test.each([
    ['unknown-course', lineOf('course-v1:edX+Nowhere+2026')],
    ['mode-not-offered', lineOf(DEMO, 'masters')],
    ['closed', lineOf('course-v1:edX+ClosedX+2020')],
  ])('is refused as %s', async (reason, line) => {
    expect(await check({ learner: ADA, line }, call())).toEqual({ status: 'refused', reason });
  });

  test('is refused to a learner who holds it already', async () => {
    peer.enroll('ada', DEMO, 'verified');
    const answer = await check({ learner: ADA, line: lineOf(DEMO) }, call());
    expect(answer).toEqual({ status: 'refused', reason: 'already-enrolled' });
  });

  test.each([
    ['invite-only', { invite_only: true }],
    ['mode-expired', { course_modes: [{ slug: 'verified', expiration_datetime: '2020-01-01T00:00:00Z' }] }],
    ['closed', { enrollment_start: '2999-01-01T00:00:00Z' }],
  ])('is refused as %s, as the LMS describes the course', async (reason, change) => {
    const course = {
      enrollment_start: null,
      enrollment_end: null,
      invite_only: false,
      course_modes: [{ slug: 'verified', expiration_datetime: null }],
      ...change,
    };
    const fault = peer.faults.arm({
      match: { path: '/api/enrollment/v1/course/' },
      kind: 'malformed',
      body: course,
    });
    expect(await check({ learner: ADA, line: lineOf(DEMO) }, call())).toEqual({ status: 'refused', reason });
    expect(fault.observed).toBe(1);
  });

  test('may be upgraded after enrollment has closed, while the mode is sold', async () => {
    peer.enroll('ada', DEMO, 'audit');
    peer.closeCourse(DEMO);
    expect(await check({ learner: ADA, line: lineOf(DEMO) }, call())).toEqual({
      status: 'possible',
      before: AUDIT,
    });
    expect(await grant.run({ ...GRANT, before: AUDIT }, call())).toEqual({ status: 'upgraded' });
    expect(await check({ learner: '1002', line: lineOf(DEMO) }, call())).toEqual({
      status: 'refused',
      reason: 'closed',
    });
  });
});

describe('a grant', () => {
  test('enrolls the learner and says whose enrollment it is', async () => {
    expect(await grant.run(GRANT, call())).toEqual({ status: 'created' });
    expect(standing()).toMatchObject({ mode: 'verified', active: true });
    expect(standing()?.attributes).toEqual([
      { namespace: 'order', name: 'order_number', value: 'ORD-1' },
      { namespace: 'order', name: 'line_item_id', value: '1' },
      { namespace: 'order', name: 'source_system', value: 'commerce-coordinator' },
    ]);
  });

  test('upgrades and reactivates', async () => {
    peer.enroll('ada', DEMO, 'audit');
    expect(await grant.run({ ...GRANT, before: AUDIT }, call())).toEqual({ status: 'upgraded' });
    await revoke.run(GRANT, call());
    expect(standing()).toMatchObject({ mode: 'verified', active: false });
    expect(await grant.run({ ...GRANT, before: { mode: 'verified', active: false } }, call())).toEqual({
      status: 'reactivated',
    });
  });

  test.each([undefined, AUDIT])(
    'of what somebody else granted meanwhile (before: %j) is refused, and writes nothing',
    async (before) => {
      peer.enroll('ada', DEMO, 'verified');
      expect(await grant.run({ ...GRANT, ...(before && { before }) }, call())).toEqual({
        status: 'refused',
        reason: 'held-by-another',
      });
      expect(peer.requests.count({ method: 'POST', path: '/api/enrollment/v1/enrollment' })).toBe(0);
    },
  );

  test.each([
    ['unknown-course', { ...GRANT, line: lineOf('course-v1:edX+Nowhere+2026') }],
    ['mode-not-offered', { ...GRANT, line: lineOf(DEMO, 'masters') }],
    ['mode-not-offered', { ...GRANT, line: lineOf('course-v1:edX+ClosedX+2020') }],
  ])('that the LMS refuses is %s', async (reason, input) => {
    expect(await grant.run(input, call())).toEqual({ status: 'refused', reason });
    expect(peer.ledger.all()).toEqual([]);
  });

  test('that an embargo forbids is refused', async () => {
    peer.forbid({ user: 'ada' });
    expect(await grant.run(GRANT, call())).toEqual({ status: 'refused', reason: 'not-allowed' });
  });

  test.each([
    [406, 'unknown-learner'],
    [404, 'not-allowed'],
  ])('that is answered %i is refused as %s', async (status, reason) => {
    const match = { method: 'POST', path: '/api/enrollment' };
    const fault = peer.faults.arm({ match, kind: 'status', status, body: { message: 'no' } });
    expect(await grant.run(GRANT, call())).toEqual({ status: 'refused', reason });
    expect(fault.observed).toBe(1);
  });

  test('that the LMS refuses for a reason unknown to us parks, certain that nothing was done', async () => {
    const match = { method: 'POST', path: '/api/enrollment' };
    const fault = peer.faults.arm({ match, kind: 'status', status: 400, body: { message: 'new rule' } });
    const refused = call();
    expect(await failureOf(grant.run(GRANT, refused))).toMatchObject({ code: 'service.refused' });
    expect(refused.http.mayHaveWritten()).toBe(false);
    expect(fault.observed).toBe(1);
  });

  test('that the LMS answers with another mode is in doubt', async () => {
    const match = { method: 'POST', path: '/api/enrollment' };
    const fault = peer.faults.arm({ match, kind: 'malformed', body: { mode: 'audit', is_active: true } });
    const odd = call();
    expect(await failureOf(grant.run(GRANT, odd))).toMatchObject({ code: 'service.malformed-answer' });
    expect(odd.http.mayHaveWritten()).toBe(true);
    expect(fault.observed).toBe(1);
  });
});

describe('a revoke', () => {
  test('takes away what we gave', async () => {
    await grant.run(GRANT, call());
    expect(await revoke.run(GRANT, call())).toEqual({ status: 'revoked' });
    expect(standing()).toMatchObject({ mode: 'verified', active: false });
  });

  test('gives back what was before', async () => {
    peer.enroll('ada', DEMO, 'audit');
    await grant.run({ ...GRANT, before: AUDIT }, call());
    expect(await revoke.run({ ...GRANT, before: AUDIT }, call())).toEqual({ status: 'revoked' });
    expect(standing()).toMatchObject(AUDIT);
  });

  test.each([
    ['nothing is held', undefined, undefined],
    ['another mode is held', 'audit', undefined],
    ['it was held before us', 'verified', { mode: 'verified', active: true }],
  ])('takes nothing where %s', async (_why, held, before) => {
    if (held) peer.enroll('ada', DEMO, held);
    const enrolled = standing();
    expect(await revoke.run({ ...GRANT, ...(before && { before }) }, call())).toEqual({ status: 'not-held' });
    expect(standing()).toEqual(enrolled);
  });
});

describe('a lost answer', () => {
  const match = { method: 'POST', path: '/api/enrollment/v1/enrollment' };
  const LOST = ['drop-after', 'reset-after', 'status-after'] as const;

  test.each(LOST)('to a grant (%s) is found in the enrollment', async (kind) => {
    peer.enroll('ada', DEMO, 'audit');
    const fault = peer.faults.arm({ match, kind });
    const lost = call();
    const failure = await failureOf(grant.run({ ...GRANT, before: AUDIT }, lost));
    expect(failure).toMatchObject({ name: 'RetryableError', code: 'service.unavailable' });
    expect(lost.http.mayHaveWritten()).toBe(true);
    expect(fault.observed).toBe(1);
    expect(await grant.lookUp({ ...GRANT, before: AUDIT }, call())).toEqual({
      found: { status: 'upgraded' },
    });
    expect(peer.ledger.of('enrolled').filter(({ order }) => order === 'ORD-1')).toHaveLength(1);
  });

  test.each(LOST)('to a revoke (%s) is found in the enrollment', async (kind) => {
    await grant.run(GRANT, call());
    const fault = peer.faults.arm({ match, kind });
    await failureOf(revoke.run(GRANT, call()));
    expect(fault.observed).toBe(1);
    expect(await revoke.lookUp(GRANT, call())).toEqual({ found: { status: 'revoked' } });
    expect(peer.ledger.of('unenrolled')).toHaveLength(1);
  });

  test('to a write that never began is absent', async () => {
    const fault = peer.faults.arm({ match, kind: 'drop-before' });
    await failureOf(grant.run(GRANT, call()));
    expect(fault.observed).toBe(1);
    expect(await grant.lookUp(GRANT, call())).toBe('absent');
    await grant.run(GRANT, call());
    expect(await revoke.lookUp(GRANT, call())).toBe('absent');
  });

  test('is undecided where somebody else changed the enrollment meanwhile', async () => {
    peer.enroll('ada', DEMO, 'audit');
    expect(await grant.lookUp(GRANT, call())).toBe('undecided');
    expect(await revoke.lookUp(GRANT, call())).toBe('undecided');
  });

  test('is absent where the learner held it before us', async () => {
    peer.enroll('ada', DEMO, 'verified');
    expect(await grant.lookUp({ ...GRANT, before: { mode: 'verified', active: true } }, call())).toBe(
      'absent',
    );
  });
});

describe('a token', () => {
  test('is fetched once for many calls', async () => {
    const kept = new Map();
    await Promise.all([read({ learner: ADA }, call({ kept })), read({ learner: '1002' }, call({ kept }))]);
    await read({ learner: ADA }, call({ kept }));
    expect(peer.requests.count({ path: '/oauth2/access_token' })).toBe(1);
  });

  test('that the LMS no longer takes is replaced once, even in the middle of a grant', async () => {
    const kept = new Map();
    await read({ learner: ADA }, call({ kept }));
    peer.expireTokens();
    expect(await grant.run(GRANT, call({ kept }))).toEqual({ status: 'created' });
    const writes = peer.faults.arm({ match: { method: 'POST', path: '/api/' }, kind: 'status', status: 401 });
    const once = call({ kept });
    expect(await revoke.run(GRANT, once)).toEqual({ status: 'revoked' });
    expect(writes.observed).toBe(1);
    expect(peer.ledger.all()).toHaveLength(2);
  });

  test('that is refused twice parks', async () => {
    const fault = peer.faults.arm({ match: { path: '/api/' }, kind: 'status', status: 401, times: 2 });
    expect(await failureOf(read({ learner: ADA }, call()))).toMatchObject({
      code: 'service.refused',
      status: 401,
    });
    expect(fault.observed).toBe(2);
  });

  test('for a wrong secret parks, and leaves the secret out', async () => {
    const wrong = callFor(lms, { url: peer.url, clientId: 'coordinator', clientSecret: 'not-this-one' });
    const failure = await failureOf(read({ learner: ADA }, wrong));
    expect(failure).toMatchObject({ code: 'service.refused', status: 401 });
    expect(failure.message).not.toContain('not-this-one');
  });
});

test('a Service that asks for fewer calls is asked again when it says', async () => {
  const fault = peer.throttle(1, 9);
  expect(await failureOf(read({ learner: ADA }, call()))).toMatchObject({
    code: 'service.throttled',
    afterMs: 9_000,
  });
  expect(fault.observed).toBe(1);
});
