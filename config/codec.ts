import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';
import type { DataConverter, Payload, PayloadCodec, SerializationContext } from '@temporalio/common';
import { failureConverterPath } from './codec/failure-converter.cjs';
import type { KeyRing } from './codec/key-ring.ts';
import { payloadFromBytes, payloadToBytes } from './codec/payload-bytes.ts';

const ENCODING = 'encoding';
const ENCRYPTED = 'binary/encrypted';
const KEY_ID = 'encryption-key-id';
const FLOW = 'encryption-workflow-id';
const CIPHER = 'aes-256-gcm';
const IV_BYTES = 12;
const TAG_BYTES = 16;

const textOf = ({ metadata }: Payload, name: string): string | undefined => {
  const value = metadata?.[name];
  return value && Buffer.from(value).toString();
};

/** Bound to its key and, where that is known, its flow: neither can be exchanged unseen. */
const boundTo = (keyId: string, flow: string | undefined): Buffer =>
  Buffer.from(JSON.stringify(['coordinator-payload-1', keyId, flow ?? null]));

const encrypt = (ring: KeyRing, payload: Payload, flow: string | undefined): Payload => {
  const { active } = ring;
  const iv = randomBytes(IV_BYTES);
  const cipher = createCipheriv(CIPHER, keyOf(ring, active), iv).setAAD(boundTo(active, flow));
  const body = [cipher.update(payloadToBytes(payload)), cipher.final()];
  return {
    metadata: {
      [ENCODING]: Buffer.from(ENCRYPTED),
      [KEY_ID]: Buffer.from(active),
      ...(flow !== undefined && { [FLOW]: Buffer.from(flow) }),
    },
    data: Buffer.concat([iv, ...body, cipher.getAuthTag()]),
  };
};

const decrypt = (ring: KeyRing, payload: Payload, reader: string | undefined): Payload => {
  // Of another kind: from before the codec was switched on, or written by Temporal itself.
  if (textOf(payload, ENCODING) !== ENCRYPTED) return payload;
  const keyId = textOf(payload, KEY_ID) ?? '';
  const flow = textOf(payload, FLOW);
  const key = keyOf(ring, keyId);
  const data = Buffer.from(payload.data ?? []);
  const end = data.length - TAG_BYTES;
  if (end < IV_BYTES) throw new Error(`A payload encrypted with key '${keyId}' is cut off.`);
  const decipher = createDecipheriv(CIPHER, key, data.subarray(0, IV_BYTES), { authTagLength: TAG_BYTES })
    .setAAD(boundTo(keyId, flow))
    .setAuthTag(data.subarray(end));
  let plain: Buffer;
  try {
    plain = Buffer.concat([decipher.update(data.subarray(IV_BYTES, end)), decipher.final()]);
  } catch {
    throw new Error(
      `A payload encrypted with key '${keyId}' was changed, or '${keyId}' is another key here than where it was ` +
        'written: give every worker and API the same PAYLOAD_KEYS.',
    );
  }
  if (flow !== undefined && reader !== undefined && flow !== reader) {
    throw new Error(`A payload of the flow '${flow}' was found in '${reader}': somebody moved it.`);
  }
  return payloadFromBytes(plain);
};

const keyOf = ({ keys }: KeyRing, id: string): Buffer => {
  const key = keys.get(id);
  if (key) return key;
  throw new Error(
    `A payload is encrypted with key '${id}', which PAYLOAD_KEYS does not hold (it holds ${[...keys.keys()].join(', ')}). ` +
      `Add '${id}:<its base64>' to PAYLOAD_KEYS of every worker and API, not in first place, and restart them.`,
  );
};

/** Which flow a payload belongs to. Only a hint of the SDK: no check where it gives none. */
const flowOf = (context: SerializationContext | undefined): string | undefined =>
  context?.workflowId || undefined;

/**
 * Encrypts what flows, their Actions and their callers tell each other, so that Temporal's database holds nothing personal.
 * See docs/payload-codec.md.
 */
export const createPayloadCodec = (ring: KeyRing): PayloadCodec => ({
  encode: async (payloads, context) => payloads.map((payload) => encrypt(ring, payload, flowOf(context))),
  decode: async (payloads, context) => payloads.map((payload) => decrypt(ring, payload, flowOf(context))),
});

/** For every client, worker and replayer alike. Without keys: Temporal's own, which encrypts nothing. */
export const dataConverterOf = (ring: KeyRing | undefined): DataConverter =>
  ring === undefined ? {} : { payloadCodecs: [createPayloadCodec(ring)], failureConverterPath };
