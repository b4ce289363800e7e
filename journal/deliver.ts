import type { Client } from '@temporalio/client';
import { WorkflowNotFoundError, WorkflowUpdateFailedError } from '@temporalio/client';
import { createHash } from 'node:crypto';
import type { Journal } from './connect.ts';
import type { Log } from './log.ts';
import { readFlow } from './flows.ts';
import {
  type DueMessage,
  findFlowByReference,
  postponeMessage,
  settleMessage,
  takeDueMessages,
} from './inbox.ts';

export interface DeliverDeps {
  readonly journal: Journal;
  readonly temporal: Client;
  readonly log: Log;
}

export type Delivery = 'consumed' | 'late' | 'dead' | 'waiting';

type Attempt =
  | { readonly state: 'consumed' | 'late'; readonly flow: string; readonly note?: string }
  /** `why` is a short sentence for the operator. */
  | { readonly state: 'waiting'; readonly why: string };

/** Temporal's limit for an Update's id is 255 characters; the same event has the same id on every attempt. */
const updateIdOf = ({ source, eventId }: DueMessage): string => {
  const id = `${source}:${eventId}`;
  return id.length <= 255 ? id : createHash('sha256').update(id).digest('hex');
};

const isRunning = async (temporal: Client, flow: string): Promise<boolean | 'unknown'> => {
  try {
    const found = await temporal.withDeadline(Date.now() + 3_000, () =>
      temporal.workflow.getHandle(flow).describe(),
    );
    return found.status.name === 'RUNNING';
  } catch (error) {
    if (error instanceof WorkflowNotFoundError) return 'unknown';
    throw error;
  }
};

/** Named by its flow where we have that flow, else by the reference that an effect of a flow answered. */
const findFlow = async (
  journal: Journal,
  { flow, service, reference }: DueMessage,
): Promise<string | undefined> => {
  if (flow !== undefined && (await readFlow(journal, flow))) return flow;
  return service !== undefined && reference !== undefined
    ? findFlowByReference(journal, service, reference)
    : undefined;
};

const attempt = async ({ journal, temporal }: DeliverDeps, message: DueMessage): Promise<Attempt> => {
  const id = await findFlow(journal, message);
  if (id === undefined) return { state: 'waiting', why: 'No flow is known by this id or reference yet.' };
  const flow = await readFlow(journal, id);
  const late: Attempt = { state: 'late', flow: id, note: `The flow ${id} had ended.` };
  if (flow?.hasEnded) return late;
  try {
    const updateId = updateIdOf(message);
    const said = { id: updateId, name: message.message, data: message.data };
    await temporal.withDeadline(Date.now() + 5_000, () =>
      temporal.workflow.getHandle(id).executeUpdate('message', { updateId, args: [said] }),
    );
    return { state: 'consumed', flow: id };
  } catch (error) {
    const isAboutFlow = error instanceof WorkflowNotFoundError || error instanceof WorkflowUpdateFailedError;
    if (!isAboutFlow)
      return { state: 'waiting', why: 'temporal.unavailable: the flow did not take it in time.' };
    const running = await isRunning(temporal, id);
    if (running === false) return late;
    return running === true
      ? {
          state: 'waiting',
          why: `The flow refused it: ${String(error instanceof WorkflowUpdateFailedError ? error.cause : error)}`,
        }
      : { state: 'waiting', why: 'The flow has not been started yet.' };
  }
};

/** 1, 2, 4 … seconds, five minutes at most. */
const backOffMs = (attempts: number): number => Math.min(2 ** Math.min(attempts - 1, 9), 300) * 1_000;

/** Delivers one message that the caller holds under a lease, and records what became of it. Sending it twice has one effect. */
export const deliver = async (deps: DeliverDeps, message: DueMessage): Promise<Delivery> => {
  const { journal, log } = deps;
  const done = await attempt(deps, message).catch((error: unknown): Attempt => {
    log.warn(
      { inbox: message.row, code: 'temporal.unavailable', err: String(error) },
      'message not delivered',
    );
    return { state: 'waiting', why: 'The attempt failed; see the log.' };
  });
  if (done.state !== 'waiting') {
    await settleMessage(journal, message.row, done);
    return done.state;
  }
  if (message.isTooOld) {
    await settleMessage(journal, message.row, {
      state: 'dead',
      note: `Given up after three days. ${done.why}`,
    });
    log.warn({ inbox: message.row, source: message.source }, 'message given up');
    return 'dead';
  }
  await postponeMessage(journal, message, { afterMs: backOffMs(message.attempts), note: done.why });
  return 'waiting';
};

const deliverOne = async (deps: DeliverDeps, message: DueMessage): Promise<Delivery> => {
  try {
    return await deliver(deps, message);
  } catch (error) {
    deps.log.warn(
      { inbox: message.row, code: 'journal.unavailable', err: String(error) },
      'message not settled',
    );
    return 'waiting';
  }
};

/** Well before the leases end: what is not begun by then is left for the next sweep. */
const BEGIN_WITHIN_MS = 12_000;

/** The messages of one flow one by one: in order, and within Temporal's limit of ten Updates under way per flow. */
const deliverInTurn = async (deps: DeliverDeps, messages: readonly DueMessage[]): Promise<boolean> => {
  const until = Date.now() + BEGIN_WITHIN_MS;
  let goesThrough = false;
  for (const message of messages) {
    if (Date.now() > until) break;
    if ((await deliverOne(deps, message)) !== 'waiting') goesThrough = true;
  }
  return goesThrough;
};

/** Delivers what is due. One message that fails does not hold up the others. */
export const deliverDue = async (deps: DeliverDeps): Promise<void> => {
  for (let goesOn = true; goesOn;) {
    const due = await deps.journal.transaction(takeDueMessages);
    const turns = new Map<string, DueMessage[]>();
    for (const message of due) {
      const to = message.flow ?? `${message.service} ${message.reference}`;
      turns.set(to, [...(turns.get(to) ?? []), message]);
    }
    const done = await Promise.all([...turns.values()].map((messages) => deliverInTurn(deps, messages)));
    // More may be due, unless nothing goes through.
    goesOn = done.some(Boolean);
  }
};
