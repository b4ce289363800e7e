import type { Payload } from '@temporalio/common';

// The protobuf message temporal.api.common.v1.Payload, by hand: `map<string, bytes> metadata = 1; bytes data = 2;`.
// Temporal's own class for it is in a package that nobody promises us.
const METADATA = 0x0a;
const DATA = 0x12;
const KEY = 0x0a;
const VALUE = 0x12;
const LENGTH_DELIMITED = 2;

const varint = (value: number): Buffer => {
  const bytes: number[] = [];
  let rest = value;
  for (; rest > 0x7f; rest = Math.floor(rest / 0x80)) bytes.push((rest % 0x80) | 0x80);
  return Buffer.from([...bytes, rest]);
};

const field = (tag: number, content: Uint8Array): Buffer =>
  Buffer.concat([Buffer.from([tag]), varint(content.length), content]);

/** A Payload as Temporal puts it on the wire. */
export const payloadToBytes = ({ metadata, data }: Payload): Buffer =>
  Buffer.concat([
    ...Object.entries(metadata ?? {}).map(([key, value]) =>
      field(METADATA, Buffer.concat([field(KEY, Buffer.from(key)), field(VALUE, value)])),
    ),
    ...(data == null ? [] : [field(DATA, data)]),
  ]);

/** The length-delimited fields of a message. Throws for anything else: we wrote it, so it is broken. */
function* fieldsOf(bytes: Buffer): Generator<readonly [tag: number, content: Buffer]> {
  let at = 0;
  const read = (): number => {
    let value = 0;
    for (let factor = 1; ; factor *= 0x80) {
      const byte = bytes[at++];
      if (byte === undefined || factor > 2 ** 42)
        throw new Error('A payload ends in the middle of a number.');
      value += (byte & 0x7f) * factor;
      if (byte < 0x80) return value;
    }
  };
  while (at < bytes.length) {
    const tag = read();
    if ((tag & 7) !== LENGTH_DELIMITED) throw new Error(`A payload has a field of an unknown form: ${tag}.`);
    const length = read();
    if (at + length > bytes.length) throw new Error('A payload ends in the middle of a field.');
    yield [tag, bytes.subarray(at, at + length)];
    at += length;
  }
}

/** In memory of its own: a part of a buffer drags all of it along into the workflow's thread. */
const alone = (bytes: Buffer): Uint8Array => new Uint8Array(bytes);

const contentOf = (bytes: Buffer, wanted: number): Buffer =>
  [...fieldsOf(bytes)].findLast(([tag]) => tag === wanted)?.[1] ?? Buffer.alloc(0);

/** Reads what `payloadToBytes` wrote, or any SDK of Temporal. */
export const payloadFromBytes = (bytes: Buffer): Payload => {
  const fields = [...fieldsOf(bytes)];
  const metadata = fields
    .filter(([tag]) => tag === METADATA)
    .map(([, entry]): [string, Uint8Array] => [
      contentOf(entry, KEY).toString(),
      alone(contentOf(entry, VALUE)),
    ]);
  const data = fields.findLast(([tag]) => tag === DATA)?.[1];
  return { metadata: Object.fromEntries(metadata), ...(data && { data: alone(data) }) };
};
