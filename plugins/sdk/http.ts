import type { z } from 'zod';
import { ParkError, RetryableError } from '../../contracts/errors.ts';

/** A request to the Service. `url` is absolute; a body is sent as JSON, or as a form when it is URLSearchParams. */
export interface ServiceRequest {
  readonly method: string;
  readonly url: string | URL;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: unknown;
  /** True for a POST that changes nothing, such as fetching a token. Default: only GET and HEAD change nothing. */
  readonly changesNothing?: boolean;
}

/** The guarded way to a Service: it ends in time, never repeats by itself, and remembers whether a write may have arrived. */
export interface ServiceHttp {
  /**
   * Sends, and parses the JSON answer by the schema. Throws HttpError for a 4xx, RetryableError for 408, 429, 5xx and
   * lost connections, and a ParkError for an answer that the schema refuses.
   */
  json<T extends z.ZodType>(answer: T, request: ServiceRequest): Promise<z.output<T>>;
  /** The same guard around the standard `fetch`, for a Service's own client library: any answer comes back as it is. */
  readonly fetch: typeof fetch;
}

/** The Service refused with a 4xx. A plugin that knows the answer turns it into an output; else a person must look. */
export class HttpError extends ParkError {
  readonly status: number;
  readonly body: string;
  constructor(status: number, body: string, where: string) {
    super('service.refused', `${where} answered ${status}: ${body.slice(0, 500) || '(no body)'}`);
    this.status = status;
    this.body = body;
  }
}

export interface GuardedHttp extends ServiceHttp {
  /** Whether a write may have reached the Service. `undefined` when nothing was sent over this client at all. */
  mayHaveWritten(): boolean | undefined;
}

/** What the host gives each call: `deadline` is a reading of `performance.now()` after which nothing may be sent. */
export interface HttpLimits {
  readonly timeoutMs: number;
  readonly deadline: number;
  readonly abort: AbortSignal;
}

const NEVER_CONNECTED = new Set([
  'ECONNREFUSED',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'UND_ERR_CONNECT_TIMEOUT',
]);

const causeCode = (error: unknown): string | undefined => {
  for (let at = error; at instanceof Error; at = at.cause) {
    if ('code' in at && typeof at.code === 'string') return at.code;
    if (at instanceof AggregateError && at.errors[0] instanceof Error) return causeCode(at.errors[0]);
  }
  return undefined;
};

/** Statuses by which a Service says for certain that it did nothing. */
const refusedForCertain = (status: number): boolean =>
  status >= 300 && status < 500 && ![408, 409, 423, 425].includes(status);

const retryAfterMs = (header: string | null): number | undefined => {
  if (!header) return undefined;
  const seconds = Number(header);
  const ms = Number.isFinite(seconds) ? seconds * 1_000 : Date.parse(header) - Date.now();
  return Number.isFinite(ms) && ms >= 0 ? ms : undefined;
};

/** Creates the client of one call. */
export const createHttp = ({ timeoutMs, deadline, abort }: HttpLimits): GuardedHttp => {
  let used = false;
  let inDoubt = 0;

  const send = async (url: string | URL | Request, init: RequestInit, writes: boolean): Promise<Response> => {
    // A worker that was stopped for a while must not send what somebody else may have taken over (monotonic clock).
    if (performance.now() + timeoutMs > deadline) {
      throw new RetryableError(
        'effect.too-late-to-send',
        'Not sent: the lease would end before the Service could answer.',
      );
    }
    used = true;
    if (writes) inDoubt += 1;
    const signals = [abort, AbortSignal.timeout(timeoutMs), ...(init.signal ? [init.signal] : [])];
    try {
      const response = await fetch(url, { ...init, signal: AbortSignal.any(signals), redirect: 'manual' });
      if (writes && refusedForCertain(response.status)) inDoubt -= 1;
      return response;
    } catch (error) {
      const code = causeCode(error);
      if (writes && code !== undefined && NEVER_CONNECTED.has(code)) inDoubt -= 1;
      const where = new URL(url instanceof Request ? url.url : url).origin;
      throw new RetryableError(
        'service.unavailable',
        `${where} did not answer: ${code ?? (error instanceof Error ? error.message : String(error))}.`,
        {
          cause: error,
        },
      );
    }
  };

  const isWrite = (method: string | undefined): boolean =>
    !['GET', 'HEAD'].includes((method ?? 'GET').toUpperCase());

  return {
    mayHaveWritten: () => (used ? inDoubt > 0 : undefined),
    fetch: (url, init = {}) =>
      send(url, init, isWrite(init.method ?? (url instanceof Request ? url.method : undefined))),
    async json(answer, { method, url, headers = {}, body, changesNothing = false }) {
      const form = body instanceof URLSearchParams;
      const response = await send(
        url,
        {
          method,
          headers: {
            accept: 'application/json',
            ...(body !== undefined && !form && { 'content-type': 'application/json' }),
            ...headers,
          },
          ...(body !== undefined && { body: form ? body : JSON.stringify(body) }),
        },
        isWrite(method) && !changesNothing,
      );
      const where = `${method} ${new URL(url).pathname}`;
      const text = await response.text().catch((error: unknown) => {
        throw new RetryableError('service.unavailable', `${where}: the answer broke off.`, { cause: error });
      });
      if (response.status === 429 || response.status === 408 || response.status >= 500) {
        const code = response.status === 429 ? 'service.throttled' : 'service.unavailable';
        throw new RetryableError(code, `${where} answered ${response.status}.`, {
          afterMs: retryAfterMs(response.headers.get('retry-after')),
        });
      }
      if (!response.ok) throw new HttpError(response.status, text, where);
      let parsed: unknown;
      try {
        parsed = text === '' ? undefined : JSON.parse(text);
      } catch {
        throw new ParkError(
          'service.malformed-answer',
          `${where} answered something that is not JSON: ${text.slice(0, 200)}`,
        );
      }
      const result = answer.safeParse(parsed);
      if (!result.success) {
        throw new ParkError(
          'service.malformed-answer',
          `${where} answered in another shape than promised: ${result.error.message.slice(0, 500)}`,
        );
      }
      return result.data;
    },
  };
};
