import type { RequestHandler } from 'express';
import { type ErrorCode, ERRORS } from '../../contracts/errors.ts';
import { Problem } from '../http/problem.ts';

const isCode = (code: string): code is ErrorCode => Object.hasOwn(ERRORS, code);

/** `GET /problems/{code}`: what a problem's `type` means and what to do about it. */
export const problemRoute: RequestHandler = (req, res) => {
  const code = String(req.params['code']);
  if (!isCode(code)) throw new Problem('route.unknown', 'There is no problem of this code.');
  const { status, means, remedy } = ERRORS[code];
  res.json({ code, status, means, remedy });
};
