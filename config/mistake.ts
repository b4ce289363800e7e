import { z } from 'zod';
import { Duration } from '../contracts/duration.ts';

interface Remedy {
  readonly legal: string;
  readonly remedy: string;
}

/** One entry of a refused configuration: the key, what is wrong there, what would be right, and what to do. */
export const mistake = (key: string, wrong: string, { legal, remedy }: Remedy): string =>
  `${key}: ${wrong}. Legal: ${legal}. ${remedy}.`;

/** Sorted, for a sentence. */
export const names = (list: Iterable<string>): string => [...list].toSorted().join(', ') || 'none';

export type JsonSchema = z.core.JSONSchema.JSONSchema;
type Issue = z.core.$ZodIssue;

/** What an operator may write, as JSON Schema. Throws for a schema that has no such form. */
export const writtenAs = (schema: z.ZodType): JsonSchema =>
  z.toJSONSchema(schema, {
    io: 'input',
    // A transformation or a check in code says nothing here; what goes into it does.
    unrepresentable: 'any',
    override: ({ zodSchema, jsonSchema }) => {
      if (zodSchema !== (Duration as z.core.$ZodType)) return;
      jsonSchema.type = 'string';
      jsonSchema.pattern = String.raw`^\d+(\.\d+)?(ms|s|m|h|d)$`;
      jsonSchema.description = "a length of time with its unit, such as '30s', '5m' or '1h'";
    },
  });

const below = (schema: JsonSchema | undefined, key: PropertyKey): JsonSchema | undefined => {
  const found = schema?.properties?.[String(key)] ?? schema?.additionalProperties ?? schema?.items;
  return typeof found === 'object' && !Array.isArray(found) ? found : undefined;
};

const describe = (schema: JsonSchema | undefined): string => {
  if (!schema) return 'what the schema says';
  if (schema.description) return schema.description;
  if (schema.enum) return schema.enum.join(', ');
  if (schema.const !== undefined) return JSON.stringify(schema.const);
  const choices = (schema.anyOf ?? schema.oneOf)?.filter((one) => typeof one === 'object');
  if (choices) return choices.map((one) => describe(one)).join(', or ');
  if (schema.properties) return `the keys ${names(Object.keys(schema.properties))}`;
  if (schema.format) return schema.format === 'uri' ? 'a URL' : `text: ${schema.format}`;
  if (schema.pattern) return `text like ${schema.pattern}`;
  return typeof schema.type === 'string' ? schema.type : 'any value';
};

/** Where in the file it is. */
const keyOf = (at: string, path: readonly PropertyKey[]): string =>
  [at, ...path.map(String)].filter(Boolean).join('.') || 'the file';

const valueAt = (value: unknown, path: readonly PropertyKey[]): unknown =>
  path.reduce<unknown>(
    (from, key) => (from as Record<PropertyKey, unknown> | undefined | null)?.[key],
    value,
  );

/** What zod found, as entries for an operator. Values are not repeated: any of them may be a secret. */
export const mistakesOf = (
  schema: z.ZodType,
  issues: readonly Issue[],
  { value, at = '' }: { readonly value: unknown; readonly at?: string },
): readonly string[] => {
  const written = writtenAs(schema);
  return issues.flatMap((issue) => {
    const { path } = issue;
    const legal = path.reduce<JsonSchema | undefined>(below, written);
    if (issue.code === 'unrecognized_keys') {
      const remedy = 'Correct its spelling, or remove it';
      return issue.keys.map((key) =>
        mistake(keyOf(at, [...path, key]), 'there is no such key', { legal: describe(legal), remedy }),
      );
    }
    if (issue.code === 'invalid_key') {
      const form = issue.issues.map(({ message }) => message).join('; ');
      return mistake(keyOf(at, path), 'this cannot be a name', { legal: form, remedy: 'Rename it' });
    }
    const missing = valueAt(value, path) === undefined;
    // A custom check's own words say what is legal better than its schema can.
    const ownWords =
      issue.message.startsWith('Invalid ') || issue.message.startsWith('Too ') ? '' : issue.message;
    return mistake(keyOf(at, path), missing ? 'is missing' : 'this value is refused', {
      legal: ownWords || `${describe(legal)} (${issue.message})`,
      remedy: missing ? 'Add it' : 'Change it to a legal value',
    });
  });
};
