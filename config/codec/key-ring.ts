import { z } from 'zod';

/** Keys that payloads are encrypted with, by their ids. */
export interface KeyRing {
  /** New payloads are encrypted with this one. */
  readonly active: string;
  readonly keys: ReadonlyMap<string, Buffer>;
}

const FORM = '`kid:key` separated by commas, the active one first; a key is 32 random bytes in base64';
const ENTRY = /^([A-Za-z0-9._-]{1,64}):([A-Za-z0-9+/]{43}=)$/;

/** `kid:base64,kid:base64`. Throws for anything else, without naming a key. */
export const parseKeyRing = (text: string): KeyRing => {
  const entries = text.split(/[\s,]+/).filter((entry) => entry !== '');
  const keys = new Map<string, Buffer>();
  for (const [index, entry] of entries.entries()) {
    const [, id, key] = ENTRY.exec(entry) ?? [];
    if (id === undefined || key === undefined)
      throw new Error(`${FORM}; entry ${index + 1} has another form`);
    if (keys.has(id)) throw new Error(`${FORM}; the key id '${id}' is there twice`);
    keys.set(id, Buffer.from(key, 'base64'));
  }
  const [active] = keys.keys();
  if (active === undefined) throw new Error(`${FORM}; there is none`);
  return { active, keys };
};

/** For the schema of the environment. */
export const PayloadKeys = z.string().transform((text, context): KeyRing => {
  try {
    return parseKeyRing(text);
  } catch (error) {
    context.addIssue({ code: 'custom', message: error instanceof Error ? error.message : String(error) });
    return z.NEVER;
  }
});
