import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { joinUrl, withClientCredentials, z } from 'commerce-coordinator/sdk';
import { createHttp, type GuardedHttp } from '../../plugins/sdk/http.ts';
import { callFor, failureOf } from '../../plugins/sdk/testing.ts';

type Serve = (request: IncomingMessage) => { status: number; body?: unknown };

/** A server of this test alone: an answer per request, and what was asked. */
const serving = async (serve: Serve) => {
  const asked: string[] = [];
  const server = createServer((request, response) => {
    void text(request).then((body) => {
      asked.push(`${request.method} ${request.url} ${request.headers.authorization ?? ''} ${body}`.trim());
      const answer = serve(request);
      response.writeHead(answer.status).end(JSON.stringify(answer.body ?? {}));
    });
  });
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return { url, asked, [Symbol.dispose]: () => void server.close() };
};

const http = (): GuardedHttp =>
  createHttp({
    timeoutMs: 1_000,
    deadline: performance.now() + 60_000,
    abort: new AbortController().signal,
  });

describe('a write that is answered', () => {
  const DONE_NOTHING = [301, 400, 401, 403, 404, 422, 429];
  const NOBODY_KNOWS = [408, 409, 423, 425, 500, 503];

  test.each([
    ...DONE_NOTHING.map((status) => ({ status, refusals: undefined, doubt: false })),
    ...NOBODY_KNOWS.map((status) => ({ status, refusals: undefined, doubt: true })),
    { status: 409, refusals: [409], doubt: false },
    { status: 503, refusals: [409, 503], doubt: false },
    { status: 500, refusals: [409], doubt: true },
  ])('$status with refusals $refusals is in doubt: $doubt', async ({ status, refusals, doubt }) => {
    using server = await serving(() => ({ status }));
    const { json, mayHaveWritten } = http();
    const request = { method: 'POST', url: server.url, ...(refusals && { refusals }) };
    await failureOf(json(z.unknown(), request));
    expect(mayHaveWritten()).toBe(doubt);
  });

  test('409 as a refusal still parks with its status', async () => {
    using server = await serving(() => ({ status: 409 }));
    const failure = failureOf(http().json(z.unknown(), { method: 'POST', url: server.url, refusals: [409] }));
    expect(await failure).toMatchObject({ code: 'service.refused', status: 409 });
  });
});

describe('client credentials', () => {
  const plugin = { name: 'a', service: 'a', settings: z.object({}) };
  const tokens = (lives: number) => {
    let last = 0;
    return (request: IncomingMessage) => {
      if (request.url === '/token')
        return { status: 200, body: { access_token: `t${(last += 1)}`, expires_in: 3600 } };
      return { status: request.headers.authorization?.endsWith(`t${lives}`) ? 200 : 401 };
    };
  };
  const asking = (url: string, scheme?: 'Bearer' | 'JWT') => {
    const call = callFor(plugin, {});
    const credentials = {
      tokenUrl: `${url}/token`,
      clientId: 'me',
      clientSecret: 's',
      ...(scheme && { scheme }),
    };
    const ask = () =>
      withClientCredentials(call, credentials, (authorization) =>
        call.http.json(z.unknown(), { method: 'POST', url, headers: { authorization } }),
      );
    return { ask };
  };

  test.each([
    ['Bearer', 'grant_type=client_credentials&client_id=me&client_secret=s'],
    ['JWT', 'grant_type=client_credentials&client_id=me&client_secret=s&token_type=jwt'],
  ] as const)('are sent as %s, and the token is fetched once', async (scheme, form) => {
    using server = await serving(tokens(1));
    const { ask } = asking(server.url, scheme);
    await Promise.all([ask(), ask()]);
    expect(server.asked.toSorted()).toEqual([
      `POST / ${scheme} t1`,
      `POST / ${scheme} t1`,
      `POST /token  ${form}`,
    ]);
  });

  test('whose token is refused once are asked for a new one, also by several calls at once', async () => {
    using server = await serving(tokens(2));
    const { ask } = asking(server.url);
    await Promise.all([ask(), ask(), ask()]);
    expect(server.asked.filter((line) => line.startsWith('POST /token'))).toHaveLength(2);
    expect(server.asked.filter((line) => line.startsWith('POST / '))).toHaveLength(6);
  });
});

test.each([
  ['https://a.example', 'v1/x', 'https://a.example/v1/x'],
  ['https://a.example/', 'v1/x', 'https://a.example/v1/x'],
  ['https://a.example/shop', 'v1/x?y=1', 'https://a.example/shop/v1/x?y=1'],
  ['https://a.example/shop/', 'v1/a%2Fb', 'https://a.example/shop/v1/a%2Fb'],
])('joins %s and %s', (base, path, joined) => {
  expect(joinUrl(base, path).href).toBe(joined);
});
