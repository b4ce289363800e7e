import type { z } from 'zod';

type Tree = Record<PropertyKey, unknown>;

interface Read<T> {
  /** The value without what its schema refuses; undefined when nothing sound is left. */
  readonly sound: T | undefined;
  readonly issues: readonly z.core.$ZodIssue[];
}

/** Parses as much as can be parsed, so that a mistake in one place does not hide those in others. */
export const readSoundPart = <T extends z.ZodType>(schema: T, value: unknown): Read<z.output<T>> => {
  const rest = structuredClone(value);
  let issues: readonly z.core.$ZodIssue[] | undefined;
  for (;;) {
    const parsed = schema.safeParse(rest);
    if (parsed.success) return { sound: parsed.data, issues: issues ?? [] };
    issues ??= parsed.error.issues;
    if (!parsed.error.issues.every((issue) => remove(rest, issue))) return { sound: undefined, issues };
  }
};

/** Takes the refused value out; where it is missing, what lacks it. False when that would be everything. */
const remove = (value: unknown, issue: z.core.$ZodIssue): boolean => {
  const { path } = issue;
  if (issue.code === 'unrecognized_keys')
    return issue.keys.map((key) => cut(value, [...path, key])).every(Boolean);
  for (let length = path.length; length > 0; length -= 1) if (cut(value, path.slice(0, length))) return true;
  return false;
};

const cut = (value: unknown, path: readonly PropertyKey[]): boolean => {
  const last = path.at(-1);
  const parent = path.slice(0, -1).reduce<unknown>((from, key) => (from as Tree | undefined)?.[key], value);
  if (last === undefined || typeof parent !== 'object' || parent === null || !(last in parent)) return false;
  // A missing value may stand there as undefined.
  const had = (parent as Tree)[last] !== undefined;
  delete (parent as Tree)[last];
  return had;
};
