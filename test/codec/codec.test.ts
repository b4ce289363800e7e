import { randomBytes } from 'node:crypto';
import { writeFileSync, mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { defaultPayloadConverter, type Payload, type SerializationContext } from '@temporalio/common';
import { JSONToPayload } from '@temporalio/common/lib/proto-utils.js';
import fc from 'fast-check';
import { createPayloadCodec, dataConverterOf } from '../../config/codec.ts';
import { parseKeyRing } from '../../config/codec/key-ring.ts';
import { payloadFromBytes, payloadToBytes } from '../../config/codec/payload-bytes.ts';
import { readEnv, withSecretFiles } from '../../config/env.ts';

const newKey = (id: string): string => `${id}:${randomBytes(32).toString('base64')}`;
const codecOf = (keys: string) => createPayloadCodec(parseKeyRing(keys));
const [one, two] = [newKey('k1'), newKey('k2')];
const codec = codecOf(one);
const flow = (workflowId: string): SerializationContext => ({
  type: 'workflow',
  namespace: 'default',
  workflowId,
});
const payload = defaultPayloadConverter.toPayload({ email: 'ada@example.com' });

const bytes = fc.uint8Array({ maxLength: 400 });
const payloads = fc.array(
  fc.record(
    { metadata: fc.dictionary(fc.string(), bytes, { maxKeys: 4 }), data: bytes },
    { requiredKeys: ['metadata'] },
  ),
  { maxLength: 4 },
);
/** Without classes: a Buffer and a Uint8Array of the same bytes are the same. */
const shown = (list: readonly Payload[]) =>
  list.map(({ metadata, data }) => ({
    metadata: Object.entries(metadata ?? {}).map(([name, value]) => [
      name,
      Buffer.from(value).toString('hex'),
    ]),
    data: data == null ? undefined : Buffer.from(data).toString('hex'),
  }));

describe('the payload codec', () => {
  it('gives back exactly what it encoded, for the same flow and for readers that know no flow', async () => {
    await fc.assert(
      fc.asyncProperty(
        payloads,
        fc.option(fc.string({ minLength: 1 }), { nil: undefined }),
        async (list, id) => {
          const context = id === undefined ? undefined : flow(id);
          const encoded = await codec.encode(list, context);
          expect(encoded.map(({ metadata }) => String(metadata?.['encoding']))).toEqual(
            list.map(() => 'binary/encrypted'),
          );
          expect(shown(await codec.decode(encoded, context))).toEqual(shown(list));
          expect(shown(await codec.decode(encoded))).toEqual(shown(list));
        },
      ),
      { numRuns: 150 },
    );
  });

  it('shows nothing of the content, and never the same bytes twice', async () => {
    const [first, second] = await codec.encode([payload, payload]);
    expect(Buffer.from(first?.data ?? []).toString('latin1')).not.toContain('ada');
    expect(first?.data).not.toEqual(second?.data);
    expect(Object.keys(first?.metadata ?? {})).toEqual(['encoding', 'encryption-key-id']);
  });

  it('refuses a payload of which any bit was changed', async () => {
    const [encoded] = await codec.encode([payload], flow('purchase:1'));
    const data = Buffer.from(encoded?.data ?? []);
    await fc.assert(
      fc.asyncProperty(fc.nat(data.length * 8 - 1), async (bit) => {
        const changed = Buffer.from(data);
        changed[bit >> 3]! ^= 1 << (bit & 7);
        await expect(codec.decode([{ ...encoded, data: changed }])).rejects.toThrow(/was changed/);
      }),
      { numRuns: 100 },
    );
    for (const length of [0, 5, 27, data.length - 1]) {
      await expect(codec.decode([{ ...encoded, data: data.subarray(0, length) }])).rejects.toThrow(
        /cut off|was changed/,
      );
    }
  });

  it('refuses another key id or flow in the metadata, and a payload that was moved to another flow', async () => {
    const [encoded] = await codec.encode([payload], flow('purchase:1'));
    const named = (name: string, value?: string): Payload => {
      const metadata = { ...encoded?.metadata };
      if (value === undefined) delete metadata[name];
      else metadata[name] = Buffer.from(value);
      return { ...encoded, metadata };
    };
    const sameKey = codecOf(`${one},${one.replace('k1', 'k9')}`);
    await expect(sameKey.decode([named('encryption-key-id', 'k9')])).rejects.toThrow(/was changed/);
    await expect(codec.decode([named('encryption-workflow-id', 'purchase:2')])).rejects.toThrow(
      /was changed/,
    );
    await expect(codec.decode([named('encryption-workflow-id')])).rejects.toThrow(/was changed/);
    await expect(codec.decode([encoded!], flow('purchase:2'))).rejects.toThrow(
      "A payload of the flow 'purchase:1' was found in 'purchase:2'",
    );
    const asActivity = { type: 'activity', namespace: 'default', isLocal: false } as const;
    expect(shown(await codec.decode([encoded!], { ...asActivity, workflowId: 'purchase:1' }))).toEqual(
      shown([payload]),
    );
    expect(shown(await codec.decode([encoded!], asActivity))).toEqual(shown([payload]));
  });

  it('lets through what it did not encode', async () => {
    expect(await codec.decode([payload, {}])).toEqual([payload, {}]);
  });

  it('encodes with the first key and decodes with all; a missing one is named, with the remedy', async () => {
    const old = await codec.encode([payload]);
    const rotated = codecOf(`${two},${one}`);
    expect(shown(await rotated.decode(old))).toEqual(shown([payload]));
    const [fresh] = await rotated.encode([payload]);
    expect(String(fresh?.metadata?.['encryption-key-id'])).toBe('k2');
    await expect(codecOf(two).decode(old)).rejects.toThrow(
      "A payload is encrypted with key 'k1', which PAYLOAD_KEYS does not hold (it holds k2). " +
        "Add 'k1:<its base64>' to PAYLOAD_KEYS of every worker and API, not in first place, and restart them.",
    );
    await expect(codecOf(newKey('k1')).decode(old)).rejects.toThrow(/'k1' is another key here/);
  });

  it("writes the bytes that Temporal's own class writes", () => {
    const json = { metadata: { encoding: 'anNvbi9wbGFpbg==', empty: '' }, data: 'e30=' };
    const message = JSONToPayload(json) as Payload & { constructor: object };
    const official = message.constructor as unknown as {
      encode(of: Payload): { finish(): Uint8Array };
      decode(of: Uint8Array): Payload;
    };
    const long = { ...message, data: new Uint8Array(70_000).fill(7) };
    for (const known of [message, long]) {
      expect(shown([official.decode(payloadToBytes(known))])).toEqual(shown([known]));
      expect(shown([payloadFromBytes(Buffer.from(official.encode(known).finish()))])).toEqual(shown([known]));
    }
  });
});

describe('PAYLOAD_KEYS', () => {
  const base = {
    MYSQL_URL: 'mysql://a:b@127.0.0.1:1/c',
    REDIS_URL: 'redis://127.0.0.1:1',
    TEMPORAL_ADDRESS: '127.0.0.1:1',
  };
  it('may be absent in development and test; production refuses that', () => {
    for (const mode of ['development', 'test'])
      expect(dataConverterOf(readEnv({ ...base, NODE_ENV: mode }).PAYLOAD_KEYS)).toEqual({});
    const production = { ...base, NODE_ENV: 'production' };
    expect(() => readEnv(production)).toThrow(
      /1 mistake\(s\):\n {2}PAYLOAD_KEYS: is not set with NODE_ENV=production; .*openssl rand -base64 32/,
    );
    // Beside other mistakes too.
    expect(() => readEnv({ ...production, REDIS_URL: 'x' })).toThrow(/REDIS_URL[^]*PAYLOAD_KEYS/);
    expect(readEnv({ ...production, PAYLOAD_KEYS: one }).PAYLOAD_KEYS?.active).toBe('k1');
  });

  it.each([
    ['', /there is none/],
    ['k1:c2hvcnQ=', /entry 1 has another form/],
    [`${one},not a key`, /entry 2 has another form/],
    [`${one},${newKey('k1')}`, /'k1' is there twice/],
    [newKey('a:b'), /entry 1 has another form/],
  ])('says what is wrong with %j, and no key', (text, why) => {
    const read = () => readEnv({ ...base, PAYLOAD_KEYS: text });
    expect(read).toThrow(/PAYLOAD_KEYS: is not usable; expected `kid:key` separated by commas/);
    expect(read).toThrow(why);
    expect(read).not.toThrow(new RegExp((text.split(':').at(-1) || 'never').replaceAll(/\W/g, '.')));
  });

  it('may come from a file, one key per line', () => {
    const file = join(mkdtempSync(join(tmpdir(), 'cc-keys-')), 'keys');
    writeFileSync(file, `${two}\n${one}\n`);
    const ring = readEnv(withSecretFiles({ ...base, PAYLOAD_KEYS_FILE: file })).PAYLOAD_KEYS;
    expect([ring?.active, ...(ring?.keys.keys() ?? [])]).toEqual(['k2', 'k2', 'k1']);
  });
});
