import type { ErrorRequestHandler, RequestHandler } from 'express';
import type { Logger } from 'pino';
import { isJournalDown } from './journal-down.ts';
import { Problem, sendProblem } from './problem.ts';
import { noteProblem } from './request-log.ts';
import { requestIdOf } from './request-id.ts';

/** What express and its body parsers throw: an HTTP status, and a `type` that says why. */
const isHttpError = (error: unknown): error is Error & { status: number; type?: string; limit?: number } =>
  error instanceof Error && 'status' in error && typeof error.status === 'number';

const fromExpress = (
  error: Error & { status: number; type?: string; limit?: number },
): Problem | undefined => {
  if (error.status === 413) {
    return new Problem(
      'request.too-large',
      `The body is larger than ${error.limit ?? 'the limit of'} bytes.`,
    );
  }
  if (error.status === 415) {
    return new Problem(
      'request.wrong-content-type',
      'The charset or content encoding is not read here: send plain UTF-8.',
    );
  }
  // `%ZZ` in the path: no route has such a name.
  if (error instanceof URIError)
    return new Problem('route.unknown', 'The path is not valid percent-encoding.');
  if (error.status === 400)
    return new Problem('request.malformed', 'The body could not be read as JSON: expected one object.');
  return undefined;
};

/** Every error as problem details. What nobody foresaw is logged, and the caller sees nothing of it but the request id. */
export const problemHandler =
  (log: Logger): ErrorRequestHandler =>
  // oxlint-disable-next-line max-params -- express knows an error handler by its four parameters.
  (error: unknown, req, res, _next) => {
    const requestId = requestIdOf(res);
    const known = error instanceof Problem ? error : isHttpError(error) ? fromExpress(error) : undefined;
    const problem = known ?? unforeseen(error);
    if (!known) {
      const { name, message, stack } = error instanceof Error ? error : new Error(String(error));
      log.error({ requestId, code: problem.code, err: { name, message, stack } }, 'request failed');
    }
    noteProblem(res, problem.code);
    // Too late for another answer: only the broken connection can say that this one is not whole.
    if (res.headersSent) req.destroy();
    else sendProblem(res, problem, requestId);
  };

const unforeseen = (error: unknown): Problem =>
  isJournalDown(error)
    ? new Problem(
        'journal.unavailable',
        'The journal does not answer. Try again with the same Idempotency-Key.',
        {
          headers: { 'Retry-After': '2' },
        },
      )
    : new Problem('internal', 'Something failed that should not. Quote the request id.');

export const unknownPath: RequestHandler = (req) => {
  throw new Problem('route.unknown', `There is no path '${req.path.slice(0, 200)}'.`);
};

/** For every other method of a path: `methods` as the header Allow lists them. */
export const onlyMethods =
  (methods: string): RequestHandler =>
  (req) => {
    throw new Problem('route.wrong-method', `${req.method} is not for this path; ${methods} is.`, {
      headers: { Allow: methods },
    });
  };
