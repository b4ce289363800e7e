import type { z } from 'zod';
import { ParkError, RetryableError } from '../../contracts/failures.ts';
import { createSender, type HttpLimits, type Sender } from './send.ts';

/** A request to the Service. `url` is absolute; a body is sent as JSON, or as a form when it is URLSearchParams. */
export interface ServiceRequest {
  readonly method: string;
  readonly url: string | URL;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: unknown;
  /** True for a POST that changes nothing, such as fetching a token. Default: only GET and HEAD change nothing. */
  readonly changesNothing?: boolean;
  /**
   * Statuses by which this Service says for certain that it did nothing, beside those that always mean it (4xx but 408,
   * 409, 423 and 425). Wrong here means done twice: name one only where the Service's documentation promises it.
   */
  readonly refusals?: readonly number[];
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

export type GuardedHttp = ServiceHttp & Pick<Sender, 'mayHaveWritten'>;

/** Creates the client of one call. */
export const createHttp = (limits: HttpLimits): GuardedHttp => {
  const { send, mayHaveWritten } = createSender(limits);
  return {
    mayHaveWritten,
    fetch: (url, init = {}) =>
      send(url, init, {
        writes: isWrite(init.method ?? (url instanceof Request ? url.method : 'GET')),
      }),
    async json(answer, request) {
      const { method, url, changesNothing = false, refusals } = request;
      const writes = isWrite(method) && !changesNothing;
      const response = await send(url, initOf(request), { writes, refusals });
      return parseAnswer(answer, response, `${method} ${new URL(url).pathname}`);
    },
  };
};

const isWrite = (method: string): boolean => !['GET', 'HEAD'].includes(method.toUpperCase());

const initOf = ({ method, headers, body }: ServiceRequest): RequestInit => {
  const form = body instanceof URLSearchParams;
  return {
    method,
    headers: {
      accept: 'application/json',
      ...(body !== undefined && !form && { 'content-type': 'application/json' }),
      ...headers,
    },
    ...(body !== undefined && { body: form ? body : JSON.stringify(body) }),
  };
};

const parseAnswer = async <T extends z.ZodType>(
  answer: T,
  response: Response,
  where: string,
): Promise<z.output<T>> => {
  const { status } = response;
  const text = await response.text().catch((error: unknown) => {
    throw new RetryableError('service.unavailable', `${where}: the answer broke off.`, { cause: error });
  });
  if (status === 429 || status === 408 || status >= 500) {
    throw new RetryableError(
      status === 429 ? 'service.throttled' : 'service.unavailable',
      `${where} answered ${status}.`,
      {
        afterMs: retryAfterMs(response.headers.get('retry-after')),
      },
    );
  }
  if (!response.ok) throw new HttpError(status, text, where);
  const parsed = answer.safeParse(parseJson(text, where));
  if (parsed.success) return parsed.data;
  throw malformed(`${where} answered in another shape than promised: ${parsed.error.message.slice(0, 500)}`);
};

const malformed = (message: string): ParkError => new ParkError('service.malformed-answer', message);

const parseJson = (text: string, where: string): unknown => {
  try {
    return text === '' ? undefined : JSON.parse(text);
  } catch {
    throw malformed(`${where} answered something that is not JSON: ${text.slice(0, 200)}`);
  }
};

/** Retry-After in seconds or as a date, in milliseconds from now. */
const retryAfterMs = (header: string | null): number | undefined => {
  if (!header) return undefined;
  const seconds = Number(header);
  const ms = Number.isFinite(seconds) ? seconds * 1_000 : Date.parse(header) - Date.now();
  return Number.isFinite(ms) && ms >= 0 ? ms : undefined;
};
