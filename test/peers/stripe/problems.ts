import type { Answer } from '../kit/answer.ts';
import { Refusal } from '../kit/answer.ts';

type StripeError = {
  readonly type: 'api_error' | 'card_error' | 'idempotency_error' | 'invalid_request_error';
  readonly code?: string;
  readonly message: string;
  readonly param?: string;
  readonly decline_code?: string;
  readonly payment_intent?: unknown;
  readonly charge?: string;
};

export const problem = (status: number, error: StripeError): Answer => ({ status, body: { error } });

/** Refused before execution: Stripe stores nothing under the Idempotency-Key. */
export const invalid = (code: string, message: string, param?: string): Refusal =>
  new Refusal({
    ...problem(400, { type: 'invalid_request_error', code, message, ...(param && { param }) }),
    beforeWork: true,
  });

export const missing = (noun: string, id: string, param = 'id'): Refusal =>
  new Refusal({
    ...problem(404, {
      type: 'invalid_request_error',
      code: 'resource_missing',
      message: `No such ${noun}: '${id}'`,
      param,
    }),
    beforeWork: true,
  });

/** Refused while executing: the answer is stored and comes again under the same key. */
export const refused = (error: Omit<StripeError, 'type'>): Refusal =>
  new Refusal(problem(400, { type: 'invalid_request_error', ...error }));

export const unauthorized = (message: string): Refusal =>
  new Refusal({ ...problem(401, { type: 'invalid_request_error', message }), beforeWork: true });

/** What an overloaded or failing Stripe says. */
export const problemBody = (status: number): unknown => ({
  error: {
    type: status >= 500 ? 'api_error' : 'invalid_request_error',
    ...(status === 429 && { code: 'rate_limit' }),
    message: `peer fault: ${status}`,
  },
});
