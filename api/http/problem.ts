import type { Response } from 'express';
import { type ErrorCode, ERRORS } from '../../contracts/errors.ts';

export interface ProblemExtras {
  /** JSON Pointers (RFC 6901) into the body, each with what is wrong there. */
  readonly errors?: readonly { readonly pointer: string; readonly detail: string }[];
  /** The flow that the problem is about. */
  readonly flow?: string;
  readonly headers?: Readonly<Record<string, string>>;
}

/** Thrown anywhere below a route: the caller gets it as problem details (RFC 9457) with the status of its code. */
export class Problem extends Error {
  override readonly name = 'Problem';
  readonly code: ErrorCode;
  readonly extras: ProblemExtras;
  /** `detail`: what is wrong in this very request, and what would be right. */
  constructor(code: ErrorCode, detail: string, extras: ProblemExtras = {}) {
    super(detail);
    this.code = code;
    this.extras = extras;
  }
}

/** Answers with problem details. `type` is a path that we serve. */
export const sendProblem = (res: Response, { code, message, extras }: Problem, requestId: string): void => {
  const { status, means, remedy } = ERRORS[code];
  res.status(status);
  for (const [name, value] of Object.entries(extras.headers ?? {})) res.set(name, value);
  res
    .set('Cache-Control', 'no-store')
    .type('application/problem+json')
    .send(
      JSON.stringify({
        type: `/problems/${code}`,
        title: means,
        status,
        code,
        detail: message,
        remedy,
        ...(extras.errors && { errors: extras.errors }),
        ...(extras.flow !== undefined && { flow: extras.flow }),
        requestId,
      }),
    );
};
