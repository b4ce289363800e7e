import type { Client } from '@temporalio/client';
import type { Payload, PayloadCodec } from '@temporalio/common';

type History = Awaited<ReturnType<ReturnType<Client['workflow']['getHandle']>['fetchHistory']>>;

const isBytes = (value: unknown): value is Uint8Array => ArrayBuffer.isView(value);
const isPayload = (value: object): value is Payload =>
  'metadata' in value && value.metadata != null && 'encoding' in (value.metadata as object);

/** Every object in a message, itself included. */
function* objectsIn(value: unknown): Generator<object> {
  if (typeof value !== 'object' || value === null || isBytes(value)) return;
  yield value;
  for (const part of Object.values(value)) yield* objectsIn(part);
}

/** Every text and every byte of a message, in one string. */
export const textIn = (value: unknown): string =>
  [...objectsIn(value)]
    .flatMap((object) => Object.values(object) as unknown[])
    .map((part) => (typeof part === 'string' ? part : isBytes(part) ? Buffer.from(part).toString() : ''))
    .join('\n');

export const payloadsIn = (value: unknown): readonly Payload[] => [...objectsIn(value)].filter(isPayload);

export const labelsOf = (payloads: readonly Payload[], name: string): readonly string[] =>
  [...new Set(payloads.map(({ metadata }) => Buffer.from(metadata?.[name] ?? []).toString()))].toSorted();

/** The history as Temporal keeps it. */
export const historyOf = (client: Client, id: string): Promise<History> =>
  client.workflow.getHandle(id).fetchHistory();

/** All that a holder of the keys reads in it. */
export const decodedText = async (history: History, codec: PayloadCodec): Promise<string> =>
  textIn(await codec.decode([...payloadsIn(history)]));
