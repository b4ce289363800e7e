import { SignJWT } from 'jose';
import { createDevAuth } from '../../api/http/auth.ts';
import { startTestApi, type TestApi } from './kit.ts';

let api: TestApi;
beforeAll(async () => {
  api = await startTestApi();
});
afterAll(() => api.close());

const signed = (claims: object, secret = 'a-secret-for-development-tokens-only') => {
  const now = Math.floor(Date.now() / 1000);
  const registered = {
    iss: 'commerce-coordinator-dev',
    aud: 'commerce-coordinator',
    iat: now,
    exp: now + 3600,
  };
  return new SignJWT({ user_id: 1, preferred_username: 'eve', roles: ['operator'], ...registered, ...claims })
    .setProtectedHeader({ alg: 'HS256' })
    .sign(new TextEncoder().encode(secret));
};
const unsigned = (): string => {
  const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');
  const exp = Math.floor(Date.now() / 1000) + 3600;
  const claims = {
    user_id: 1,
    preferred_username: 'eve',
    roles: ['operator'],
    exp,
    iat: exp - 3600,
    iss: 'commerce-coordinator-dev',
    aud: 'commerce-coordinator',
  };
  return `${part({ alg: 'none' })}.${part(claims)}.`;
};

test.each([
  ['signed with another secret', () => signed({}, 'another-secret-of-good-length')],
  ['for another audience', () => signed({ aud: 'lms' })],
  ['of another issuer', () => signed({ iss: 'lms' })],
  ['that has expired', () => signed({ exp: 1_000_000 })],
  ['without a user', () => signed({ user_id: undefined })],
  ['whose user is no id', () => signed({ user_id: '1 OR 1=1' })],
  ['that nobody signed', () => Promise.resolve(unsigned())],
])('refuses a token %s', async (_what, make) => {
  const headers = { authorization: `Bearer ${await make()}` };
  const reply = await api.ask('GET', '/v1/ops/violations', { headers });
  expect(reply).toMatchObject({ status: 401, body: { code: 'auth.missing' } });
  expect(reply.headers.get('www-authenticate')).toBe('Bearer');
});

test('takes the historic scheme JWT, and ignores roles that it does not know', async () => {
  const headers = { authorization: `JWT ${await signed({ roles: ['operator', 'wizard', 'processor'] })}` };
  expect((await api.ask('GET', '/v1/ops/violations', { headers })).status).toBe(200);
});

test('is refused in production, and with a secret that can be guessed', () => {
  expect(() => createDevAuth({ secret: 'long-enough-to-be-a-secret', nodeEnv: 'production' })).toThrow(
    'NODE_ENV=production',
  );
  expect(() => createDevAuth({ secret: 'short', nodeEnv: 'test' })).toThrow('DEV_TOKEN_SECRET');
});
