import type { Request } from 'express';
import { Problem } from './problem.ts';

const QUOTED = /^"((?:[\x20\x21\x23-\x5b\x5d-\x7e]|\\["\\])*)"$/;
const PRINTABLE = /^[\x20-\x7e]{1,255}$/;

const missing = (detail: string): Problem => new Problem('request.key-missing', detail);

/**
 * The request's Idempotency-Key. `"abc"` (a structured-field string, as the IETF draft has it) and `abc` are one key.
 * `undefined` when there is none; throws a Problem when there are two, or one that is not 1 to 255 printable characters.
 */
export const idempotencyKey = (req: Request): string | undefined => {
  const values = req.headersDistinct['idempotency-key'];
  if (values === undefined) return undefined;
  const [value] = values;
  if (value === undefined || values.length > 1) {
    throw missing(`There are ${values.length} headers Idempotency-Key: expected one.`);
  }
  const quoted = QUOTED.exec(value);
  if (!quoted && value.startsWith('"'))
    throw missing('The quoted Idempotency-Key does not end: expected "…".');
  const key = quoted ? (quoted[1] ?? '').replaceAll(/\\(["\\])/g, '$1') : value;
  if (PRINTABLE.test(key)) return key;
  throw missing(`The Idempotency-Key has ${key.length} characters: expected 1 to 255 printable ASCII ones.`);
};

/** The same where a key is required. */
export const requiredKey = (req: Request): string => {
  const key = idempotencyKey(req);
  if (key === undefined)
    throw missing('There is no header Idempotency-Key: send one, a new one per purchase.');
  return key;
};
