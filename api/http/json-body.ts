import express, { type Request, type Response } from 'express';
import type { z } from 'zod';
import { Problem } from './problem.ts';

const LIMIT = 64 * 1024;
const parse = express.json({ limit: LIMIT, strict: true, inflate: false });

const isEmpty = (req: Request): boolean =>
  req.headers['transfer-encoding'] === undefined && Number(req.headers['content-length'] ?? 0) === 0;

/**
 * The JSON body of a request, `undefined` when it has none. Called after authentication, so that nobody without a token
 * makes us read. Throws a Problem for another type; the parser's own errors are for the problem handler.
 */
export const readJson = async (req: Request, res: Response): Promise<unknown> => {
  if (isEmpty(req)) return undefined;
  if (!req.is('application/json')) {
    const type = req.get('content-type');
    throw new Problem(
      'request.wrong-content-type',
      `${type === undefined ? 'There is no Content-Type' : `'${type.slice(0, 100)}' is not read here`}: send application/json.`,
    );
  }
  await new Promise<void>((done, fail) => {
    parse(req, res, (error?: unknown) => (error === undefined ? done() : fail(error as Error)));
  });
  return req.body as unknown;
};

const escape = (part: PropertyKey): string => String(part).replaceAll('~', '~0').replaceAll('/', '~1');
const pointerOf = (path: readonly PropertyKey[]): string => path.map((part) => `/${escape(part)}`).join('');

/** The body as the schema knows it. Throws a Problem with a JSON Pointer to each mistake. */
export const validBody = <S extends z.ZodType>(schema: S, body: unknown): z.output<S> => {
  if (body === undefined) throw new Problem('request.malformed', 'There is no body: expected a JSON object.');
  const parsed = schema.safeParse(body);
  if (parsed.success) return parsed.data;
  const errors = parsed.error.issues
    .slice(0, 50)
    .flatMap((issue) =>
      issue.code === 'unrecognized_keys'
        ? issue.keys
            .slice(0, 50)
            .map((key) => ({ pointer: pointerOf([...issue.path, key]), detail: 'no such field' }))
        : [{ pointer: pointerOf(issue.path), detail: issue.message }],
    );
  const [first] = errors;
  const more = errors.length > 1 ? ` and ${errors.length - 1} more` : '';
  throw new Problem('request.invalid', `${first?.pointer || 'the body'}: ${first?.detail}${more}.`, {
    errors,
  });
};
