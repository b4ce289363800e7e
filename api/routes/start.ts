import type { RequestHandler, Response } from 'express';
import type { FlowContract } from '../../contracts/define.ts';
import { digestOf } from '../../journal/digest.ts';
import { type FlowRow, readFlow } from '../../journal/flows.ts';
import type { AppDeps } from '../app.ts';
import { createFlowAnswers } from '../flow-answer.ts';
import { flowView } from '../flow-view.ts';
import { type Caller, hasRole } from '../http/auth.ts';
import { requiredKey } from '../http/idempotency.ts';
import { readJson, validBody } from '../http/json-body.ts';
import { Problem } from '../http/problem.ts';
import { noteFlow } from '../http/request-log.ts';
import { readSecret } from '../payment-secret.ts';
import { createStartFlow, type StartFlow, type Started } from '../start-flow.ts';
import { uuidV7 } from '../uuid-v7.ts';

/** A start that waited longer than this for Temporal is too old to buy anything; the flow says so itself. */
const START_WITHIN_MS = 15 * 60_000;

export const locationOf = (flow: string): string => `/v1/flows/${flow}`;

const contractOf = ({ wiring }: AppDeps, type: string): FlowContract => {
  const wired = wiring.flows.get(type);
  if (wired) return wired.contract;
  throw new Problem(
    'flow.unknown-type',
    `There is no flow '${type.slice(0, 64)}'; there are: ${[...wiring.flows.keys()].join(', ')}.`,
  );
};

/** The flow's whole input: what was asked, and what only we may say: the id, who is calling, and until when it counts. */
const newFlow = (contract: FlowContract, body: unknown, caller: Caller) => {
  const number = uuidV7();
  const input = contract.input.parse({
    ...(body as object),
    [contract.name]: number,
    learner: caller.userId,
    startBefore: new Date(Date.now() + START_WITHIN_MS).toISOString(),
  });
  return { id: `${contract.name}:${number}`, type: contract.name, learner: caller.userId, input };
};

/** `POST /v1/flows/{type}`. */
export const startRoute = (deps: AppDeps): RequestHandler => {
  const startFlow: StartFlow = createStartFlow({
    ...deps,
    answers: createFlowAnswers(deps.temporal, deps.taskQueuePrefix),
    answerWithinMs: deps.answerWithinMs ?? 5_000,
    leaseMs: deps.startLeaseMs ?? 10_000,
  });
  return async (req, res) => {
    const caller = await deps.authenticate(req);
    const contract = contractOf(deps, String(req.params['typeOrId']));
    if (!hasRole(caller, contract.startedBy)) {
      throw new Problem(
        'auth.forbidden',
        `A ${contract.name} is started by: ${contract.startedBy.join(', ')}.`,
      );
    }
    const sent = await readJson(req, res);
    const key = requiredKey(req);
    const body: unknown = validBody(contract.request, sent);
    const flow = newFlow(contract, body, caller);
    const started = await startFlow({
      request: { principal: `user:${caller.userId}`, key, digest: digestOf({ type: contract.name, body }) },
      flow,
      claims: contract.claims?.(flow.input) ?? [],
    });
    await answer(deps, res, started);
  };
};

const answer = async (deps: AppDeps, res: Response, started: Started): Promise<void> => {
  const id = started.kind === 'claim-held' ? started.by : started.flow;
  noteFlow(res, id);
  const about = { flow: id, headers: { Location: locationOf(id) } };
  switch (started.kind) {
    case 'claim-held':
      throw new Problem(
        'purchase.already-running',
        `You are buying this course already, with ${id}: go on there, or cancel it.`,
        about,
      );
    case 'key-reused':
      throw new Problem(
        'request.key-reused',
        `This key belongs to ${id}, which was asked for with another body.`,
        { flow: id },
      );
    case 'in-progress':
      throw new Problem('request.in-progress', `${id} is being started.`, {
        ...about,
        headers: { ...about.headers, 'Retry-After': '1' },
      });
    case 'accepted':
      res.status(202).set('Retry-After', '1');
      break;
    case 'answered':
      res.status(201);
      if (started.replayed) res.set('Idempotent-Replayed', 'true');
  }
  const row = await readFlow(deps.journal, id).catch(() => undefined);
  const told = started.kind === 'answered' ? started.answer : undefined;
  res
    .set({ ...about.headers, 'Cache-Control': 'no-store' })
    .json(await responseBody(deps, row ?? unread(id), told));
};

/** The journal went away after it had accepted the start: what is certain even so. */
const unread = (id: string): FlowRow => ({
  id,
  type: id.split(':')[0] ?? '',
  status: 'received',
  learner: undefined,
  order: undefined,
  input: undefined,
  answer: undefined,
  result: undefined,
  lastSeq: 0,
  createdAt: new Date().toISOString(),
  hasEnded: false,
});

const responseBody = async ({ read }: AppDeps, row: FlowRow, told: unknown): Promise<object> => {
  const view = flowView(row, { answer: told });
  const { startBefore } = (row.input ?? {}) as { startBefore?: unknown };
  return {
    ...view,
    ...(view.payment !== undefined && (await readSecret(read, view.payment))),
    // Still unanswered: until when it may begin.
    ...(view.next === undefined && typeof startBefore === 'string' && { startBefore }),
  };
};
