import { createHash } from 'node:crypto';
import type { Sql, SqlValue } from './connect.ts';
import { fromJson } from './effects.ts';
import { isFlowId } from './flows.ts';

/**
 * `waiting`: for its flow, or for its next try. Settled: `consumed` by the flow; `late`, the flow had ended;
 * `ignored`, nobody acts on it; `refused`, forged or unreadable; `dead`, nobody wanted it for three days.
 */
export type InboxState = 'waiting' | 'consumed' | 'late' | 'ignored' | 'refused' | 'dead';

/** One incoming event, as it is recorded before anybody is told that it arrived. */
export interface NewEvent {
  /** Who sent it: the resource's name, or `api`. */
  readonly source: string;
  readonly id: string;
  readonly state: 'waiting' | 'ignored' | 'refused';
  /** Of the body; the body itself is not kept. */
  readonly digest: string;
  readonly service?: string | undefined;
  readonly reference?: string | undefined;
  readonly flow?: string | undefined;
  readonly message?: string | undefined;
  readonly data?: unknown;
  readonly note?: string | undefined;
}

/** A message that is due, under a lease. */
export interface DueMessage {
  readonly row: number;
  readonly source: string;
  readonly eventId: string;
  readonly service: string | undefined;
  readonly reference: string | undefined;
  readonly flow: string | undefined;
  readonly message: string;
  readonly data: unknown;
  readonly attempts: number;
  readonly isTooOld: boolean;
}

const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex');
/** Ids are the senders' own; one that does not fit its column is known by its digest. */
const fit = (id: string): string => (id.length <= 191 ? id : `sha256:${sha256(id)}`);

/** While a message is delivered nobody else takes it, for this long. */
const LEASE = 'INTERVAL 20 SECOND';

/**
 * Records an event once. Answers whether it is new; a repeated one is counted. A new message is due after its lease:
 * whoever recorded it delivers it first.
 */
export const recordEvent = async (sql: Sql, event: NewEvent): Promise<'new' | 'duplicate'> => {
  const waits = event.state === 'waiting';
  const values: SqlValue[] = [
    event.source,
    fit(event.id),
    event.state,
    event.service ?? null,
    event.reference === undefined ? null : fit(event.reference),
    event.flow !== undefined && isFlowId(event.flow) ? event.flow : null,
    event.message ?? null,
    event.data === undefined ? null : JSON.stringify(event.data),
    event.digest,
    event.note?.slice(0, 500) ?? null,
    waits ? 1 : 0,
    waits ? 1 : 0,
    waits ? 1 : 0,
  ];
  const changed = await sql.run(
    `INSERT INTO inbox (source, event_id, state, service, reference, flow_id, message, data, body_digest, note, attempts, due_at, settled_at)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?, UNHEX(?), ?, ?, IF(? = 1, NOW(6) + ${LEASE}, NULL), IF(? = 1, NULL, NOW(6)))
     ON DUPLICATE KEY UPDATE duplicates = duplicates + 1`,
    values,
  );
  return changed === 1 ? 'new' : 'duplicate';
};

interface RawMessage {
  id: number | string;
  source: string;
  event_id: string;
  service: string | null;
  reference: string | null;
  flow_id: string | null;
  message: string;
  data: unknown;
  attempts: number;
  too_old: number;
}

const MESSAGE = `SELECT id, source, event_id, service, reference, flow_id, message, data, attempts,
  received_at < NOW(6) - INTERVAL 3 DAY AS too_old FROM inbox`;

const toDue = (row: RawMessage): DueMessage => ({
  row: Number(row.id),
  source: row.source,
  eventId: row.event_id,
  service: row.service ?? undefined,
  reference: row.reference ?? undefined,
  flow: row.flow_id ?? undefined,
  message: row.message,
  data: fromJson(row.data),
  attempts: row.attempts,
  isTooOld: Number(row.too_old) === 1,
});

/** The message with this id, still waiting and under the lease of whoever just recorded it. */
export const readRecorded = async (sql: Sql, source: string, id: string): Promise<DueMessage | undefined> => {
  const [row] = await sql.rows<RawMessage>(
    `${MESSAGE} WHERE source = ? AND event_id = ? AND state = 'waiting'`,
    [source, fit(id)],
  );
  return row && toDue(row);
};

/** What became of an event. */
export const readEventState = async (
  sql: Sql,
  source: string,
  id: string,
): Promise<{ readonly state: InboxState; readonly digest: string } | undefined> => {
  const [row] = await sql.rows<{ state: InboxState; digest: string }>(
    'SELECT state, LOWER(HEX(body_digest)) AS digest FROM inbox WHERE source = ? AND event_id = ?',
    [source, fit(id)],
  );
  return row && { state: row.state, digest: row.digest };
};

/** Takes up to 20 due messages, each under a lease. Run it in a transaction. */
export const takeDueMessages = async (sql: Sql): Promise<readonly DueMessage[]> => {
  const rows = await sql.rows<RawMessage>(
    `${MESSAGE} WHERE state = 'waiting' AND due_at <= NOW(6) ORDER BY due_at, id LIMIT 20 FOR UPDATE SKIP LOCKED`,
  );
  for (const { id } of rows) {
    await sql.run(`UPDATE inbox SET due_at = NOW(6) + ${LEASE}, attempts = attempts + 1 WHERE id = ?`, [
      Number(id),
    ]);
  }
  return rows.map((row) => toDue({ ...row, attempts: row.attempts + 1 }));
};

/** Records what became of a message. Does nothing to one that is settled already. */
export const settleMessage = (
  sql: Sql,
  row: number,
  settled: {
    readonly state: 'consumed' | 'late' | 'dead';
    readonly flow?: string | undefined;
    readonly note?: string | undefined;
  },
): Promise<number> =>
  sql.run(
    `UPDATE inbox SET state = ?, flow_id = COALESCE(?, flow_id), note = ?, due_at = NULL, settled_at = NOW(6)
     WHERE id = ? AND state = 'waiting'`,
    [settled.state, settled.flow ?? null, settled.note?.slice(0, 500) ?? null, row],
  );

/**
 * Puts a message off. Not when somebody made it due in the meantime, as the settling of an effect with its reference
 * does: then it stays due.
 */
export const postponeMessage = (
  sql: Sql,
  { row, attempts }: DueMessage,
  { afterMs, note }: { readonly afterMs: number; readonly note: string },
): Promise<number> =>
  sql.run(
    `UPDATE inbox SET due_at = NOW(6) + INTERVAL ? MICROSECOND, note = ?
     WHERE id = ? AND state = 'waiting' AND attempts = ? AND due_at > NOW(6)`,
    [Math.round(afterMs * 1_000), note.slice(0, 500), row, attempts],
  );

/** The flow whose effect answered this reference. */
export const findFlowByReference = async (
  sql: Sql,
  service: string,
  reference: string,
): Promise<string | undefined> => {
  const [row] = await sql.rows<{ flow_id: string }>(
    'SELECT flow_id FROM effects WHERE service = ? AND reference = ? ORDER BY id DESC LIMIT 1',
    [service, reference],
  );
  return row?.flow_id;
};
