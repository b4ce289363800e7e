import { ParkError, RetryableError, type ServiceHttp } from 'commerce-coordinator/sdk';
import Stripe from 'stripe';
import type { StripeCall } from './settings.ts';

/** Stripe refused with a 4xx. Holds Stripe's code, never its raw answer: that one carries client secrets. */
export class StripeRefusal extends ParkError {
  readonly stripeCode: string;
  constructor({
    statusCode,
    code,
    decline_code,
    rawType,
    message,
    requestId,
  }: InstanceType<typeof Stripe.errors.StripeError>) {
    const stripeCode = code ?? rawType ?? 'unknown';
    const named = decline_code ? `${stripeCode} (${decline_code})` : stripeCode;
    super(
      'service.refused',
      `Stripe answered ${statusCode} ${named}: ${message} (request ${requestId ?? 'without id'}).`,
    );
    this.stripeCode = stripeCode;
  }
}

/** 409: another request with this key is being worked on. 424: a failure behind Stripe. */
const PASSING = new Set([408, 409, 424, 429]);

const retryAfterMs = (header: string | null): number | undefined =>
  header !== null && /^\d+(\.\d+)?$/.test(header) ? Number(header) * 1_000 : undefined;

/** Ends passing troubles before the client library sees them: it knows neither Retry-After nor our errors. */
const refusingTrouble =
  (send: ServiceHttp['fetch']): ServiceHttp['fetch'] =>
  async (url, init) => {
    const response = await send(url, init);
    const { status, headers } = response;
    if (!PASSING.has(status) && status < 500) return response;
    await response.body?.cancel();
    throw new RetryableError(
      status === 429 ? 'service.throttled' : 'service.unavailable',
      `Stripe answered ${status} (request ${headers.get('request-id') ?? 'without id'}).`,
      { afterMs: retryAfterMs(headers.get('retry-after')) },
    );
  };

/**
 * The official client over the guarded `fetch`. It repeats nothing: even with no retries allowed it would repeat a
 * closed connection once, which it knows by an error code that our errors do not have.
 */
export const connect = ({ settings, http }: StripeCall): Stripe => {
  const { protocol, hostname, port } = new URL(settings.url);
  const scheme = protocol === 'http:' ? 'http' : 'https';
  return new Stripe(settings.secretKey, {
    protocol: scheme,
    host: hostname,
    port: port || (scheme === 'http' ? 80 : 443),
    httpClient: Stripe.createFetchHttpClient(refusingTrouble(http.fetch)),
    maxNetworkRetries: 0,
    telemetry: false,
    // The library types only its own version; an operator who sets another has reasons.
    ...(settings.apiVersion && { apiVersion: settings.apiVersion as typeof Stripe.API_VERSION }),
  });
};

const ours = (error: unknown): unknown => {
  if (!(error instanceof Stripe.errors.StripeError)) return error;
  if (error instanceof Stripe.errors.StripeConnectionError) {
    if (error.detail instanceof RetryableError) return error.detail;
    return new RetryableError('service.unavailable', `Stripe's answer did not arrive: ${error.message}`);
  }
  if (error.statusCode !== undefined && error.statusCode >= 400) return new StripeRefusal(error);
  return new ParkError(
    'service.malformed-answer',
    `Stripe answered something that its client cannot read: ${error.message}`,
  );
};

/** Asks Stripe, and turns what its client throws into our errors. */
export const asking = async <T>(ask: () => Promise<T>): Promise<T> => {
  try {
    return await ask();
  } catch (error) {
    throw ours(error);
  }
};
