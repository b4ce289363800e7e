import type { RequestHandler } from 'express';
import { type FlowRow, readFlow, readFlowStory } from '../../journal/flows.ts';
import type { AppDeps } from '../app.ts';
import { createFlowAnswers, type LiveView } from '../flow-answer.ts';
import { flowView } from '../flow-view.ts';
import type { Caller } from '../http/auth.ts';
import { etagOf, isFresh } from '../http/etag.ts';
import { Problem } from '../http/problem.ts';
import { noteFlow } from '../http/request-log.ts';
import { readSecret } from '../payment-secret.ts';

const LIVE_WITHIN_MS = 1_500;

const isOperator = (caller: Caller): boolean => caller.roles.includes('operator');

/** The flow, for its owner or an operator. A stranger's flow and one that never was are the same Problem. */
export const readOwnFlow = async ({ journal }: AppDeps, id: string, caller: Caller): Promise<FlowRow> => {
  const row = await readFlow(journal, id);
  if (row && (row.learner === caller.userId || isOperator(caller))) return row;
  throw new Problem('flow.not-found', 'There is no such flow, or it is not yours.');
};

/** What only operators see: the steps by the flow itself, and what the journal holds of it. */
const operatorFields = async ({ journal }: AppDeps, row: FlowRow, live: LiveView | undefined) => ({
  learner: row.learner,
  hasEnded: row.hasEnded,
  result: live?.result ?? row.result,
  waits: live?.waits,
  park: live?.park,
  steps: live?.steps ?? [],
  ...(await readFlowStory(journal, { id: row.id, order: live?.order ?? row.order })),
});

/** `GET /v1/flows/{id}`. */
export const flowRoute = (deps: AppDeps): RequestHandler => {
  const answers = createFlowAnswers(deps.temporal, deps.taskQueuePrefix);
  return async (req, res) => {
    const caller = await deps.authenticate(req);
    const row = await readOwnFlow(deps, String(req.params['typeOrId']), caller);
    noteFlow(res, row.id);
    // An ended flow changes no more: its row is the whole truth, and no worker need replay it for a learner.
    const found = row.hasEnded && !isOperator(caller) ? 'absent' : await answers.view(row.id, LIVE_WITHIN_MS);
    const live = typeof found === 'string' ? undefined : found;
    const view = flowView(row, { ...(live && { live }), isStale: found === 'unreachable' && !row.hasEnded });
    const shown = { ...view, ...(isOperator(caller) && (await operatorFields(deps, row, live))) };

    const etag = etagOf(row.lastSeq, shown);
    res.set({ ETag: etag, 'Cache-Control': 'private, no-cache', Vary: 'Authorization' });
    // Before the secret is read: a page that polls does not make us ask the processor each time.
    if (isFresh(req, etag)) {
      res.status(304).end();
      return;
    }
    const mayPay = view.payment !== undefined && row.learner === caller.userId;
    const secret = mayPay ? await readSecret(deps.read, view.payment ?? '') : {};
    if (mayPay) res.set('Cache-Control', 'no-store');
    // Without an ETag the next poll gets the secret as soon as it can be had.
    if ('secretUnavailable' in secret) res.removeHeader('ETag');
    res.json({ ...shown, ...secret });
  };
};
