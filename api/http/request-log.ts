import type { RequestHandler, Response } from 'express';
import type { Logger } from 'pino';
import type { ErrorCode } from '../../contracts/errors.ts';
import { requestIdOf } from './request-id.ts';

interface Notes {
  code?: ErrorCode;
  flow?: string;
}

const notes = new WeakMap<Response, Notes>();

/** For the request's line in the log. */
export const noteProblem = (res: Response, code: ErrorCode): void =>
  void notes.set(res, { ...notes.get(res), code });
export const noteFlow = (res: Response, flow: string): void =>
  void notes.set(res, { ...notes.get(res), flow });

/** One line per request. Fields are chosen here, one by one: no headers, no query, no bodies, no tokens. */
export const requestLog =
  (log: Logger): RequestHandler =>
  (req, res, next) => {
    const startedAt = performance.now();
    res.on('close', () => {
      const route = (req.route as { path?: string } | undefined)?.path;
      log.info(
        {
          requestId: requestIdOf(res),
          method: req.method,
          route: route ?? 'none',
          status: res.writableFinished ? res.statusCode : 0,
          ms: Math.round(performance.now() - startedAt),
          ...notes.get(res),
        },
        'request',
      );
    });
    next();
  };
