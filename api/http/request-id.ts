import type { RequestHandler, Response } from 'express';
import { randomUUID } from 'node:crypto';

const FORM = /^[A-Za-z0-9._-]{8,64}$/;

/** Keeps the caller's X-Request-Id where it has the form of one, else makes one; it goes back with the answer. */
export const requestId: RequestHandler = (req, res, next) => {
  const given = req.get('x-request-id');
  res.set('X-Request-Id', given !== undefined && FORM.test(given) ? given : randomUUID());
  next();
};

export const requestIdOf = (res: Response): string => res.get('X-Request-Id') ?? '';
