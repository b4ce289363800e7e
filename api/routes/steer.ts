import { ApplicationFailure } from '@temporalio/common';
import { WorkflowUpdateFailedError, WorkflowNotFoundError } from '@temporalio/client';
import type { RequestHandler } from 'express';
import { z } from 'zod';
import { proveSteering } from '../../config/steering-proof.ts';
import { type ErrorCode, ERRORS } from '../../contracts/errors.ts';
import { readFlow } from '../../journal/flows.ts';
import type { AppDeps } from '../app.ts';
import { readJson, validBody } from '../http/json-body.ts';
import { Problem } from '../http/problem.ts';

const Reason = z.string().trim().min(1).max(500);
const Park = z.string().min(1).max(500);

/** What each verb takes; `park` is the park id that the flow shows. */
const BODIES = {
  retry: z.strictObject({
    park: Park,
    reason: Reason,
    input: z.unknown().optional(),
    reroute: z.boolean().optional(),
  }),
  skip: z.strictObject({ park: Park, reason: Reason, output: z.unknown() }),
  abandon: z.strictObject({ park: Park, reason: Reason }),
  hold: z.strictObject({ reason: Reason }),
  release: z.strictObject({ reason: Reason }),
} as const;
type Verb = keyof typeof BODIES;
const isVerb = (verb: string): verb is Verb => Object.hasOwn(BODIES, verb);

const STEER_WITHIN_MS = 10_000;

/** `POST /v1/ops/flows/{id}/{verb}`, for operators: brings a parked flow on, or to its end. Actor and reason are recorded. */
export const steerRoute =
  (deps: AppDeps): RequestHandler =>
  async (req, res) => {
    const caller = await deps.authenticate(req);
    if (!caller.roles.includes('operator')) throw new Problem('auth.forbidden', 'This is for operators.');
    const { id = '', verb = '' } = req.params as Record<string, string>;
    if (!isVerb(verb)) {
      throw new Problem(
        'route.unknown',
        `'${verb.slice(0, 64)}' is no way to steer; there are: ${Object.keys(BODIES).join(', ')}.`,
      );
    }
    const body = validBody(BODIES[verb], await readJson(req, res));
    const flow = await readFlow(deps.journal, id);
    if (!flow) throw new Problem('flow.not-found', 'There is no such flow.');
    const ask = { ...body, actor: caller.username, at: new Date().toISOString() };
    const { steeringSecret: secret } = deps;
    const proof = secret === undefined ? {} : { proof: proveSteering(secret, { flow: id, verb, ask }) };
    res.json({ flow: id, outcome: await steer(deps, { id, verb, ask: { ...ask, ...proof } }) });
  };

const steer = async (
  { temporal }: Pick<AppDeps, 'temporal'>,
  { id, verb, ask }: { id: string; verb: Verb; ask: object },
): Promise<unknown> => {
  try {
    return await temporal.withDeadline(Date.now() + STEER_WITHIN_MS, () =>
      temporal.workflow.getHandle(id).executeUpdate(verb, { args: [ask] }),
    );
  } catch (error) {
    throw asProblem(error, id);
  }
};

/** What the flow said no to keeps its code; anything else is Temporal's silence. */
const asProblem = (error: unknown, flow: string): Problem => {
  if (error instanceof WorkflowNotFoundError)
    return new Problem('flow.ended', 'The flow has ended.', { flow });
  for (let at: unknown = error; at instanceof Error; at = at.cause) {
    if (at instanceof ApplicationFailure && at.type && Object.hasOwn(ERRORS, at.type)) {
      return new Problem(at.type as ErrorCode, at.message, { flow });
    }
  }
  if (error instanceof WorkflowUpdateFailedError)
    return new Problem('steer.stale-park', error.message, { flow });
  return new Problem(
    'temporal.unavailable',
    'Nobody can say whether the flow took it: read the flow, then steer again.',
    { flow },
  );
};
