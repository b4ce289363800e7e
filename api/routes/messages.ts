import { randomUUID } from 'node:crypto';
import type { RequestHandler } from 'express';
import type { FlowContract, Role } from '../../contracts/define.ts';
import { deliver } from '../../journal/deliver.ts';
import { digestOf } from '../../journal/digest.ts';
import type { FlowRow } from '../../journal/flows.ts';
import { type NewEvent, readEventState, readRecorded, recordEvent } from '../../journal/inbox.ts';
import type { AppDeps } from '../app.ts';
import { type Caller, hasRole } from '../http/auth.ts';
import { idempotencyKey } from '../http/idempotency.ts';
import { readJson, validBody } from '../http/json-body.ts';
import { Problem } from '../http/problem.ts';
import { noteFlow } from '../http/request-log.ts';
import { within } from '../within.ts';
import { readOwnFlow } from './flows.ts';
import { locationOf } from './start.ts';

const SOURCE = 'api';
/** A caller waits this long to hear that the flow took it; it is delivered later all the same. */
const DELIVERED_WITHIN_MS = 2_000;

/** The message's schema, where the caller may send it. */
const messageOf = (contract: FlowContract, name: string, caller: Caller) => {
  const schema = Object.hasOwn(contract.messages, name) ? contract.messages[name] : undefined;
  if (!schema) {
    const names = Object.keys(contract.messages).join(', ');
    throw new Problem(
      'flow.unknown-message',
      `A ${contract.name} takes no message '${name.slice(0, 64)}'; it takes: ${names}.`,
    );
  }
  const sentBy: readonly Role[] = contract.sentBy[name] ?? [];
  if (hasRole(caller, sentBy)) return schema;
  throw new Problem('auth.forbidden', `'${name}' is sent by: ${sentBy.join(', ')}.`);
};

const ended = (flow: FlowRow): Problem =>
  new Problem('flow.ended', `The flow has ended; it takes no more messages.`, {
    flow: flow.id,
    headers: { Location: locationOf(flow.id) },
  });

/** Records the message, so that it is not lost, and delivers it at once where that can be done. */
const send = async (deps: AppDeps, event: NewEvent): Promise<'late' | 'taken'> => {
  const { journal } = deps;
  if ((await recordEvent(journal, event)) === 'duplicate') {
    const known = await readEventState(journal, SOURCE, event.id);
    if (known && known.digest !== event.digest) {
      throw new Problem('request.key-reused', 'This Idempotency-Key was used for another message.');
    }
    return known?.state === 'late' ? 'late' : 'taken';
  }
  const message = await readRecorded(journal, SOURCE, event.id);
  if (!message) return 'taken';
  const delivery = deliver(deps, message).catch((error: unknown) => {
    deps.log.warn(
      { inbox: message.row, code: 'journal.unavailable', err: String(error) },
      'message not settled',
    );
    return 'waiting' as const;
  });
  deps.background(delivery);
  const state = await within(DELIVERED_WITHIN_MS, delivery, 'waiting' as const);
  return state === 'late' ? 'late' : 'taken';
};

/** `POST /v1/flows/{id}/messages/{name}`. */
export const messageRoute =
  (deps: AppDeps): RequestHandler =>
  async (req, res) => {
    const caller = await deps.authenticate(req);
    const flow = await readOwnFlow(deps, String(req.params['id']), caller);
    noteFlow(res, flow.id);
    const contract = deps.wiring.flows.get(flow.type)?.contract;
    if (!contract)
      throw new Problem('flow.not-found', `Nothing here knows flows of the type '${flow.type}'.`);
    const name = String(req.params['name']);
    const schema = messageOf(contract, name, caller);
    // Most messages say all by their name: no body is an empty one.
    const sent = (await readJson(req, res)) ?? {};
    const key = idempotencyKey(req);
    const data: unknown = validBody(schema, sent);
    if (flow.hasEnded) throw ended(flow);

    const scope = { flow: flow.id, by: caller.userId, name, key };
    const event: NewEvent = {
      source: SOURCE,
      id: key === undefined ? randomUUID() : digestOf(scope),
      state: 'waiting',
      digest: digestOf(data),
      flow: flow.id,
      message: name,
      data,
      note: `Sent by ${caller.userId}.`,
    };
    if ((await send(deps, event)) === 'late') throw ended(flow);
    res
      .status(202)
      .set({ Location: locationOf(flow.id), 'Cache-Control': 'no-store' })
      .json({ flow: flow.id, message: name });
  };
