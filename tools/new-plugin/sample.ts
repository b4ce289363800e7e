import type { z } from 'zod';
import { writtenAs } from '../../config/mistake.ts';

type Schema = ReturnType<typeof writtenAs>;

/** A value that the schema takes, for a first test. Throws where it finds none. */
export const sampleOf = (schema: z.ZodType): unknown => {
  const sample = sampleFor(writtenAs(schema));
  const parsed = schema.safeParse(sample);
  if (parsed.success) return sample;
  throw new Error(`No sample fits: ${JSON.stringify(sample)} is refused: ${parsed.error.message}`);
};

const isSchema = (value: unknown): value is Schema =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const sampleFor = (schema: Schema): unknown => {
  const choice = (schema.anyOf ?? schema.oneOf)?.find(isSchema);
  if (choice) return sampleFor(choice);
  if (schema.const !== undefined) return schema.const;
  if (schema.enum) return schema.enum[0];
  if (schema.default !== undefined) return schema.default;
  if (schema.type === 'object') {
    const { properties = {}, required = [] } = schema;
    const fields = Object.entries(properties).filter(([name]) => required.includes(name));
    return Object.fromEntries(
      fields.map(([name, field]) => [name, isSchema(field) ? sampleFor(field) : null]),
    );
  }
  if (schema.type === 'array') return isSchema(schema.items) ? [sampleFor(schema.items)] : [];
  if (schema.type === 'integer' || schema.type === 'number')
    return Math.max(schema.minimum ?? 0, Number(schema.exclusiveMinimum ?? -1) + 1);
  return schema.type === 'boolean' ? false : textFor(schema);
};

const textFor = ({ format, pattern }: Schema): string => {
  if (format === 'email') return 'ada@example.com';
  if (format === 'uri') return 'https://example.com/';
  if (format === 'date-time') return '2026-01-01T00:00:00Z';
  const guesses = ['text', '1001', 'USD', '30s'];
  return guesses.find((guess) => !pattern || new RegExp(pattern).test(guess)) ?? 'text';
};
