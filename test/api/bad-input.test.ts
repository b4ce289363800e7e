import { connect } from 'node:net';
import { count, order, startTestApi, type TestApi, tokenOf } from './kit.ts';

let api: TestApi;
beforeAll(async () => {
  api = await startTestApi();
});
afterAll(() => api.close());

const start = '/v1/flows/purchase';
const good = order('course-v1:edX+Demo+2026');
const keyed = { 'idempotency-key': 'key-1' };
const json = { ...keyed, 'content-type': 'application/json' };

interface Case {
  readonly what: string;
  readonly method?: string;
  readonly path?: string;
  readonly options: Parameters<TestApi['ask']>[2];
  readonly status: number;
  readonly code: string;
  readonly pointer?: string;
}

const cases: readonly Case[] = [
  { what: 'no token', options: { body: good, headers: keyed, as: '' }, status: 401, code: 'auth.missing' },
  {
    what: 'a token that is none',
    options: { body: good, headers: { ...keyed, authorization: 'Bearer x.y.z' } },
    status: 401,
    code: 'auth.missing',
  },
  {
    what: 'a role that may not start it',
    options: { body: good, headers: keyed, as: 'ops' },
    status: 403,
    code: 'auth.forbidden',
  },
  {
    what: 'an unknown flow',
    path: '/v1/flows/gift',
    options: { body: good, headers: keyed },
    status: 404,
    code: 'flow.unknown-type',
  },
  { what: 'no key', options: { body: good }, status: 400, code: 'request.key-missing' },
  {
    what: 'a key that is too long',
    options: { body: good, headers: { 'idempotency-key': 'k'.repeat(256) } },
    status: 400,
    code: 'request.key-missing',
  },
  {
    what: 'a key that is not ASCII',
    options: { body: good, headers: { 'idempotency-key': 'k\u00e9y' } },
    status: 400,
    code: 'request.key-missing',
  },
  {
    what: 'a quoted key without an end',
    options: { body: good, headers: { 'idempotency-key': '"key' } },
    status: 400,
    code: 'request.key-missing',
  },
  {
    what: 'an empty quoted key',
    options: { body: good, headers: { 'idempotency-key': '""' } },
    status: 400,
    code: 'request.key-missing',
  },
  { what: 'no body', options: { headers: json }, status: 400, code: 'request.malformed' },
  {
    what: 'a body that is not JSON',
    options: { raw: '{"items":', headers: json },
    status: 400,
    code: 'request.malformed',
  },
  { what: 'a bare value', options: { raw: '42', headers: json }, status: 400, code: 'request.malformed' },
  {
    what: 'another content type',
    options: { raw: 'a=1', headers: { ...keyed, 'content-type': 'text/plain' } },
    status: 415,
    code: 'request.wrong-content-type',
  },
  {
    what: 'another charset',
    options: { raw: '{}', headers: { ...keyed, 'content-type': 'application/json; charset=x-none' } },
    status: 415,
    code: 'request.wrong-content-type',
  },
  {
    what: 'a compressed body',
    options: { raw: '{}', headers: { ...json, 'content-encoding': 'gzip' } },
    status: 415,
    code: 'request.wrong-content-type',
  },
  {
    what: 'a body that is too large',
    options: { body: { ...good, more: 'x'.repeat(70_000) }, headers: keyed },
    status: 413,
    code: 'request.too-large',
  },
  {
    what: 'a list',
    options: { body: [], headers: keyed },
    status: 422,
    code: 'request.invalid',
    pointer: '',
  },
  {
    what: 'an unknown field',
    options: { body: { ...good, price: 1 }, headers: keyed },
    status: 422,
    code: 'request.invalid',
    pointer: '/price',
  },
  {
    what: 'the prototype as a field',
    options: { raw: `{"__proto__":{"a":1},${JSON.stringify(good).slice(1)}`, headers: json },
    status: 422,
    code: 'request.invalid',
    pointer: '/__proto__',
  },
  {
    what: 'an identity in the body',
    options: { body: { ...good, learner: '1' }, headers: keyed },
    status: 422,
    code: 'request.invalid',
    pointer: '/learner',
  },
  {
    what: 'no items',
    options: { body: { ...good, items: [] }, headers: keyed },
    status: 422,
    code: 'request.invalid',
    pointer: '/items',
  },
  {
    what: 'several items',
    options: { body: { ...good, items: [good.items[0], good.items[0]] }, headers: keyed },
    status: 422,
    code: 'request.invalid',
    pointer: '/items',
  },
  {
    what: 'an unknown field of an item',
    options: { body: { ...good, items: [{ courseRun: 'a', 'x/y~z': 1 }] }, headers: keyed },
    status: 422,
    code: 'request.invalid',
    pointer: '/items/0/x~1y~0z',
  },
  {
    what: 'an amount that is no integer',
    options: { body: { ...good, expectedTotal: { amount: 49.5, currency: 'USD' } }, headers: keyed },
    status: 422,
    code: 'request.invalid',
    pointer: '/expectedTotal/amount',
  },
  {
    what: 'a currency in small letters',
    options: { body: { ...good, expectedTotal: { amount: 49, currency: 'usd' } }, headers: keyed },
    status: 422,
    code: 'request.invalid',
    pointer: '/expectedTotal/currency',
  },
  { what: 'an unknown path', path: '/v1/carts', options: {}, status: 404, code: 'route.unknown' },
  {
    what: 'a path that is not percent-encoding',
    method: 'GET',
    path: '/v1/flows/%ZZ',
    options: {},
    status: 404,
    code: 'route.unknown',
  },
  { what: 'another method', method: 'DELETE', options: {}, status: 405, code: 'route.wrong-method' },
  {
    what: 'a flow that never was',
    method: 'GET',
    path: '/v1/flows/purchase:none',
    options: {},
    status: 404,
    code: 'flow.not-found',
  },
  {
    what: 'an id that is not ASCII',
    method: 'GET',
    path: '/v1/flows/%C3%A9',
    options: {},
    status: 404,
    code: 'flow.not-found',
  },
  {
    what: 'a message to a flow that never was',
    path: '/v1/flows/purchase:none/messages/payment.returned',
    options: {},
    status: 404,
    code: 'flow.not-found',
  },
  {
    what: 'an unknown resource',
    path: '/v1/incoming/nobody',
    options: { raw: '{}' },
    status: 404,
    code: 'incoming.unknown',
  },
  {
    what: 'a webhook that is too large',
    path: '/v1/incoming/toypay',
    options: { raw: 'x'.repeat(300_000) },
    status: 413,
    code: 'request.too-large',
  },
  {
    what: 'violations, for somebody who is no operator',
    method: 'GET',
    path: '/v1/ops/violations',
    options: {},
    status: 403,
    code: 'auth.forbidden',
  },
];

test.each(cases)(
  'says what is wrong with $what',
  async ({ method = 'POST', path = start, options, status, code, pointer }) => {
    const reply = await api.ask(method, path, options);
    expect(reply.body).toMatchObject({ status, code, type: `/problems/${code}` });
    expect(reply.status).toBe(status);
    expect(reply.headers.get('content-type')).toContain('application/problem+json');
    expect(reply.body.requestId).toBe(reply.headers.get('x-request-id'));
    expect(reply.body.detail).not.toMatch(/SELECT|INSERT|node_modules|at Object/);
    const pointers = (reply.body.errors ?? []).map((error: { pointer: string }) => error.pointer);
    expect(pointers).toEqual(pointer === undefined ? [] : [pointer]);
  },
);

test('nothing of it was stored, and no key was used up', async () => {
  expect(await count(api.journal, 'requests')).toBe(0);
  expect(await count(api.journal, 'flows')).toBe(0);
});

test('names the methods that a path takes', async () => {
  const reply = await api.ask('PUT', start);
  expect(reply.headers.get('allow')).toBe('GET, HEAD, POST');
});

test('refuses two Idempotency-Keys in one request', async () => {
  const token = await tokenOf('ada');
  const body = JSON.stringify(good);
  const { port } = new URL(api.url);
  const text = await new Promise<string>((done, fail) => {
    let received = '';
    const socket = connect(Number(port), '127.0.0.1', () => {
      socket.write(
        `POST ${start} HTTP/1.1\r\nHost: a\r\nConnection: close\r\nAuthorization: JWT ${token}\r\nIdempotency-Key: one\r\n` +
          `Idempotency-Key: two\r\nContent-Type: application/json\r\nContent-Length: ${body.length}\r\n\r\n${body}`,
      );
    });
    socket.on('data', (chunk) => (received += String(chunk)));
    socket.on('end', () => done(received));
    socket.on('error', fail);
  });
  expect(text).toContain('400 Bad Request');
  expect(text).toContain('request.key-missing');
});

test('keeps a usable X-Request-Id, and replaces another', async () => {
  const kept = await api.ask('GET', '/health/live', { headers: { 'x-request-id': 'trace.0123-ab' } });
  expect(kept.headers.get('x-request-id')).toBe('trace.0123-ab');
  const replaced = await api.ask('GET', '/health/live', { headers: { 'x-request-id': 'a b' } });
  expect(replaced.headers.get('x-request-id')).toMatch(/^[0-9a-f-]{36}$/);
});

test('serves what the type of a problem points to', async () => {
  const reply = await api.ask('GET', '/problems/request.key-reused');
  expect(reply.body).toMatchObject({ code: 'request.key-reused', status: 422 });
  expect((await api.ask('GET', '/problems/constructor')).status).toBe(404);
});

test('logs neither tokens nor bodies', async () => {
  await api.ask('POST', start, {
    body: { ...good, items: [{ courseRun: 'canary-course', no: 1 }] },
    headers: keyed,
  });
  const log = api.lines.join('');
  expect(log).toContain('"route":"/v1/flows/:typeOrId"');
  expect(log).not.toContain('canary-course');
  expect(log).not.toContain(await tokenOf('ada').then((token) => token.split('.')[0] ?? ''));
});
