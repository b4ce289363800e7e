import type { RequestHandler } from 'express';
import type { AppDeps } from '../app.ts';
import { Problem } from '../http/problem.ts';

/** `GET /v1/ops/violations`, for operators. */
export const violationsRoute =
  ({ authenticate, violations }: AppDeps): RequestHandler =>
  async (req, res) => {
    const caller = await authenticate(req);
    if (!caller.roles.includes('operator')) throw new Problem('auth.forbidden', 'This is for operators.');
    res.set('Cache-Control', 'no-store').json({ violations: await violations() });
  };
