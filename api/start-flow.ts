import type { Logger } from 'pino';
import { acceptStart, type Start } from '../journal/accept.ts';
import type { Journal } from '../journal/connect.ts';
import { keepFlowAnswer, readFlow } from '../journal/flows.ts';
import {
  keepRequestAnswer,
  leaveToSweeper,
  markStarted,
  readRequest,
  type RequestKey,
  type RequestRow,
  takeOverRequest,
} from '../journal/requests.ts';
import type { FlowAnswers, StartedFlow, StartOutcome } from './flow-answer.ts';

/** How a start came out for its caller. */
export type Started =
  /** `replayed`: from the store, not from the flow. */
  | { readonly kind: 'answered'; readonly flow: string; readonly answer: unknown; readonly replayed: boolean }
  /** Durable; the flow answers later. */
  | { readonly kind: 'accepted'; readonly flow: string }
  | { readonly kind: 'key-reused'; readonly flow: string }
  | { readonly kind: 'in-progress'; readonly flow: string }
  | { readonly kind: 'claim-held'; readonly by: string };

export interface StartFlowDeps {
  readonly journal: Journal;
  readonly answers: FlowAnswers;
  readonly log: Logger;
  /** All of a caller's wait for the flow's answer. */
  readonly answerWithinMs: number;
  /** After this, a process that was lost while it was starting a flow is taken over from. */
  readonly leaseMs: number;
}

export type StartFlow = (
  start: Omit<Start, 'request'> & { readonly request: RequestKey & { readonly digest: string } },
) => Promise<Started>;

/**
 * Accepts a start durably, then starts the flow and waits for its answer. A key that was used before joins the first
 * start. Throws only when the journal fails before anything was accepted.
 */
export const createStartFlow = (deps: StartFlowDeps): StartFlow => {
  const drive = createDrive(deps);
  const join = createJoin(deps, drive);
  return async ({ request, flow, claims }) => {
    const until = Date.now() + deps.answerWithinMs;
    const accepted = await acceptStart(deps.journal, {
      request: { ...request, leaseMs: deps.leaseMs },
      flow,
      claims,
    });
    if (accepted.kind === 'accepted') return drive(flow, until);
    if (accepted.kind === 'claim-held') return accepted;
    const { request: known } = accepted;
    if (known.digest !== request.digest) return { kind: 'key-reused', flow: known.flow };
    return join(request, known, until);
  };
};

type Drive = (flow: StartedFlow, until: number) => Promise<Started>;
type Join = (request: RequestKey, known: RequestRow, until: number) => Promise<Started>;

const left = (until: number): number => Math.max(until - Date.now(), 100);
const pause = (ms: number): Promise<void> => new Promise((done) => setTimeout(done, ms));

/** Records how the start came out. What fails from here on is finished by the sweeper, so the caller is not told. */
const settle = async (
  { journal, log }: Pick<StartFlowDeps, 'journal' | 'log'>,
  flow: string,
  outcome: StartOutcome,
): Promise<Started> => {
  const record = async (): Promise<void> => {
    if (outcome.kind === 'answered') {
      await journal.transaction(async (sql) => {
        await keepRequestAnswer(sql, flow, outcome.answer);
        await keepFlowAnswer(sql, flow, outcome.answer);
      });
    } else await (outcome.kind === 'started' ? markStarted : leaveToSweeper)(journal, flow);
  };
  await record().catch((error: unknown) =>
    log.warn({ flow, code: 'journal.unavailable', err: String(error) }, 'start not recorded'),
  );
  return outcome.kind === 'answered'
    ? { kind: 'answered', flow, answer: outcome.answer, replayed: false }
    : { kind: 'accepted', flow };
};

/** Starts a flow whose request we hold. */
const createDrive =
  (deps: StartFlowDeps): Drive =>
  async (flow, until) =>
    settle(deps, flow.id, await deps.answers.start(flow, left(until)));

const replayOf = ({ flow, answer }: RequestRow): Started => ({
  kind: 'answered',
  flow,
  answer,
  replayed: true,
});

/** Waits beside whoever made the request first, or takes over from a process that was lost. */
const createJoin = (deps: StartFlowDeps, drive: Drive): Join => {
  const { journal, answers } = deps;

  /** One look. Undefined: look again. */
  const joinOnce: (...at: Parameters<Join>) => Promise<Started | undefined> = async (
    request,
    known,
    until,
  ) => {
    const { flow, state, lease } = known;
    if (state === 'answered') return replayOf(known);
    const isLost = state === 'claimed' && lease === 'over';
    if (isLost && (await takeOverRequest(journal, request, deps.leaseMs))) {
      const row = await readFlow(journal, flow);
      if (row) return drive(row, until);
    }
    const found = await answers.join(flow, left(until));
    if (found.kind === 'answered') return settle(deps, flow, found);
    // Left to the sweeper, whose turn nobody need wait for.
    const isLeft = state === 'claimed' && lease === 'none';
    return state === 'started' || isLeft ? { kind: 'accepted', flow } : undefined;
  };

  return async (request, first, until) => {
    let known: RequestRow | undefined = first;
    while (known && Date.now() < until) {
      const joined = await joinOnce(request, known, until);
      if (joined) return joined;
      await pause(50);
      known = await readRequest(journal, request);
    }
    if (known?.state === 'answered') return replayOf(known);
    const isBusy = known?.state === 'claimed' && known.lease === 'live';
    return { kind: isBusy ? 'in-progress' : 'accepted', flow: first.flow };
  };
};
