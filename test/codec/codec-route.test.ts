import { randomBytes } from 'node:crypto';
import { defaultPayloadConverter } from '@temporalio/common';
import { createPayloadCodec } from '../../config/codec.ts';
import { parseKeyRing } from '../../config/codec/key-ring.ts';
import { startTestApi } from '../api/kit.ts';

const UI = 'http://127.0.0.1:8233';
const codecOf = (id: string) =>
  createPayloadCodec(parseKeyRing(`${id}:${randomBytes(32).toString('base64')}`));
const codec = codecOf('k1');
const payload = defaultPayloadConverter.toPayload({ email: 'ada@example.com' });
type Json = { metadata: Record<string, string>; data: string };
const toJson = ({ metadata, data }: typeof payload): Json => ({
  metadata: Object.fromEntries(
    Object.entries(metadata ?? {}).map(([name, value]) => [name, Buffer.from(value).toString('base64')]),
  ),
  data: Buffer.from(data ?? []).toString('base64'),
});

let api: Awaited<ReturnType<typeof startTestApi>>;
beforeAll(async () => {
  api = await startTestApi({ overrides: { payloadCodecs: [codec], temporalUiOrigin: UI } });
});
afterAll(() => api.close());

const encrypted = async (by = codec) => ({ payloads: (await by.encode([payload])).map(toJson) });
const decode = async (as: string, body: unknown, headers: Record<string, string> = {}) =>
  api.ask('POST', '/v1/ops/codec/decode', { as, body, headers });

describe('the codec route', () => {
  it('decodes and encodes for an operator, and logs who and how many, nothing else', async () => {
    const since = api.lines.length;
    const decoded = await decode('ops', await encrypted(), { 'x-namespace': 'default', origin: UI });
    expect([decoded.status, decoded.body]).toEqual([200, { payloads: [toJson(payload)] }]);
    expect(decoded.headers.get('access-control-allow-origin')).toBe(UI);
    expect(decoded.headers.get('cache-control')).toBe('no-store');
    const body = { payloads: [toJson(payload)] };
    const encoded = await api.ask('POST', '/v1/ops/codec/encode', { as: 'ops', body });
    expect((await decode('ops', encoded.body)).body).toEqual(body);
    const lines = api.lines.slice(since);
    expect(lines.map((line) => JSON.parse(line) as object)).toContainEqual(
      expect.objectContaining({ msg: 'payloads decoded', actor: 'ops', count: 1, namespace: 'default' }),
    );
    const { data } = toJson(payload);
    expect(lines.filter((line) => line.includes('ada@') || line.includes(data))).toEqual([]);
  });

  it('refuses everybody else', async () => {
    for (const [as, status] of [
      ['', 401],
      ['ada', 403],
    ] as const) {
      const { status: got, body } = await decode(as, await encrypted());
      expect([got, JSON.stringify(body).includes('payloads')]).toEqual([status, false]);
    }
  });

  it('answers the preflight of the configured origin only', async () => {
    const preflight = (origin: string) =>
      api.ask('OPTIONS', '/v1/ops/codec/decode', {
        as: '',
        headers: {
          origin,
          'access-control-request-method': 'POST',
          'access-control-request-headers': 'authorization,content-type,x-namespace',
        },
      });
    const allowed = await preflight(UI);
    expect(allowed.status).toBe(204);
    expect(allowed.headers.get('access-control-allow-origin')).toBe(UI);
    expect(allowed.headers.get('access-control-allow-headers')).toMatch(/Authorization.*X-Namespace/);
    for (const origin of ['http://127.0.0.1:8234', 'null', `${UI}.evil.example`]) {
      const refused = await preflight(origin);
      expect([refused.status, refused.headers.get('access-control-allow-origin')]).toEqual([405, null]);
      const answer = await decode('ops', await encrypted(), { origin });
      expect(answer.headers.get('access-control-allow-origin')).toBeNull();
    }
  });

  it('says which key is missing, and what is no payload', async () => {
    const missing = await decode('ops', await encrypted(codecOf('k0')));
    expect([missing.status, missing.body.detail]).toEqual([422, expect.stringContaining("key 'k0'")]);
    for (const [body, status] of [
      [{ payloads: [{ data: '§' }] }, 422],
      [{ payloads: 'x' }, 422],
      [{ payloads: [{ data: 'A'.repeat(9_000_000) }] }, 413],
    ] as const) {
      expect((await decode('ops', body)).status).toBe(status);
    }
    expect((await api.ask('POST', '/v1/ops/codec/steal', { as: 'ops', body: {} })).status).toBe(404);
    expect((await decode('ops', {})).body).toEqual({ payloads: [] });
  });

  it('takes as much as a long history needs', async () => {
    const {
      payloads: [one],
    } = await encrypted();
    const body = { payloads: Array.from({ length: 5_000 }, () => one) };
    expect((await decode('ops', body)).body.payloads).toHaveLength(5_000);
  });
});

it('without keys it changes nothing', async () => {
  const plain = await startTestApi();
  const body = { payloads: [toJson(payload)] };
  for (const way of ['encode', 'decode'])
    expect((await plain.ask('POST', `/v1/ops/codec/${way}`, { as: 'ops', body })).body).toEqual(body);
  await plain.close();
});
