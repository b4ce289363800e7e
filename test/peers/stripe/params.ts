import { z } from 'zod';
import { invalid } from './problems.ts';

// Forms carry text only, so numbers and booleans are read from text.
const Int = z
  .string()
  .regex(/^-?\d+$/, 'must be an integer')
  .transform(Number);
const Flag = z.enum(['true', 'false']).transform((text) => text === 'true');
const Metadata = z.record(z.string().max(40), z.string().max(500)).or(z.literal('').transform(() => ({})));
const expand = z.array(z.string()).optional();
const Currency = z
  .string()
  .regex(/^[a-z]{3}$/i, 'must be an ISO 4217 code')
  .toLowerCase();

const attempt = {
  payment_method: z.string().optional(),
  payment_method_options: z.unknown().optional(),
  return_url: z.string().optional(),
  off_session: Flag.optional(),
  setup_future_usage: z.string().optional(),
  receipt_email: z.string().optional(),
  expand,
};

export const CreateIntent = z.strictObject({
  ...attempt,
  amount: Int,
  currency: Currency,
  capture_method: z.enum(['automatic', 'automatic_async', 'manual']).default('automatic_async'),
  metadata: Metadata.default({}),
  payment_method_types: z.array(z.string()).optional(),
  automatic_payment_methods: z
    .strictObject({ enabled: Flag, allow_redirects: z.string().optional() })
    .optional(),
  confirm: Flag.optional(),
  customer: z.string().optional(),
  description: z.string().optional(),
  statement_descriptor: z.string().optional(),
  statement_descriptor_suffix: z.string().optional(),
});
export const UpdateIntent = z.strictObject({
  metadata: Metadata.optional(),
  description: z.string().optional(),
  receipt_email: z.string().optional(),
  amount: Int.optional(),
  expand,
});
export const ConfirmIntent = z.strictObject({
  ...attempt,
  client_secret: z.string().optional(),
  use_stripe_sdk: z.string().optional(),
});
export const CaptureIntent = z.strictObject({
  amount_to_capture: Int.optional(),
  metadata: Metadata.optional(),
  expand,
});
export const CancelIntent = z.strictObject({
  cancellation_reason: z.enum(['duplicate', 'fraudulent', 'requested_by_customer', 'abandoned']).optional(),
  expand,
});
export const CreateRefund = z.strictObject({
  payment_intent: z.string().optional(),
  charge: z.string().optional(),
  amount: Int.optional(),
  metadata: Metadata.default({}),
  reason: z.enum(['duplicate', 'fraudulent', 'requested_by_customer']).optional(),
  expand,
});
const Range = z.strictObject({
  gt: Int.optional(),
  gte: Int.optional(),
  lt: Int.optional(),
  lte: Int.optional(),
});
export const ListQuery = z.strictObject({
  limit: Int.refine((limit) => limit >= 1 && limit <= 100, 'must be between 1 and 100').default(10),
  starting_after: z.string().optional(),
  ending_before: z.string().optional(),
  created: z.union([Range, Int.transform((at) => ({ gte: at, lte: at }))]).default({}),
  payment_intent: z.string().optional(),
  charge: z.string().optional(),
  customer: z.string().optional(),
  type: z.string().optional(),
  types: z.array(z.string()).optional(),
  expand,
});
export type ListQuery = z.output<typeof ListQuery>;
export const ReadQuery = z.strictObject({ expand, client_secret: z.string().optional() });

/** Reads parameters or refuses as Stripe does: unknown ones too, because a misspelt one is a plugin's bug. */
export const readParams = <Schema extends z.ZodType>(schema: Schema, given: unknown): z.output<Schema> => {
  const read = schema.safeParse(given ?? {});
  if (read.success) return read.data;
  const [issue] = read.error.issues;
  if (issue?.code === 'unrecognized_keys') {
    const [name = ''] = issue.keys;
    throw invalid('parameter_unknown', `Received unknown parameter: ${name}`, name);
  }
  const [first = '', ...rest] = (issue?.path ?? []).map(String);
  const name = first + rest.map((part) => `[${part}]`).join('');
  const isMissing = issue?.code === 'invalid_type' && /received undefined/.test(issue.message);
  if (isMissing) throw invalid('parameter_missing', `Missing required param: ${name}.`, name);
  throw invalid('parameter_invalid', `Invalid ${name}: ${issue?.message ?? ''}`, name);
};
