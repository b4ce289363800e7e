import type { Sql } from './connect.ts';
import { fromJson } from './effects.ts';

/** An Idempotency-Key counts for one principal only: nobody can reach a stranger's answer by guessing. */
export interface RequestKey {
  readonly principal: string;
  readonly key: string;
}

/**
 * `claimed`: durable, Temporal has not acknowledged the start. `started`: it has; no start is sent again.
 * `answered`: the caller's answer is stored.
 */
type RequestState = 'claimed' | 'started' | 'answered';

export interface RequestRow {
  readonly flow: string;
  readonly digest: string;
  readonly state: RequestState;
  /** `live`: a process is starting it; `over`: that process was lost; `none`: it waits for the sweeper. */
  readonly lease: 'live' | 'over' | 'none';
  readonly answer: unknown;
}

export interface NewRequest extends RequestKey {
  readonly digest: string;
  readonly flow: string;
  readonly leaseMs: number;
}

const micros = (ms: number): number => Math.round(ms * 1_000);

/** Inserts the request under a lease. Throws the database's duplicate error for a key that was used before. */
export const insertRequest = (sql: Sql, request: NewRequest): Promise<number> =>
  sql.run(
    `INSERT INTO requests (principal, idempotency_key, digest, flow_id, state, lease_until, attempts)
     VALUES (?, ?, UNHEX(?), ?, 'claimed', NOW(6) + INTERVAL ? MICROSECOND, 1)`,
    [request.principal, request.key, request.digest, request.flow, micros(request.leaseMs)],
  );

export const readRequest = async (
  sql: Sql,
  { principal, key }: RequestKey,
): Promise<RequestRow | undefined> => {
  const [row] = await sql.rows<{
    flow_id: string;
    digest: string;
    state: RequestState;
    lease: RequestRow['lease'];
    http_body: unknown;
  }>(
    `SELECT flow_id, HEX(digest) AS digest, state, http_body,
       CASE WHEN lease_until IS NULL THEN 'none' WHEN lease_until > NOW(6) THEN 'live' ELSE 'over' END AS lease
     FROM requests WHERE principal = ? AND idempotency_key = ?`,
    [principal, key],
  );
  if (!row) return undefined;
  return {
    flow: row.flow_id,
    digest: row.digest.toLowerCase(),
    state: row.state,
    lease: row.lease,
    answer: row.http_body === null ? undefined : fromJson(row.http_body),
  };
};

/** Takes over from a process that was lost while it was starting the flow. Of two who try, one succeeds. */
export const takeOverRequest = async (sql: Sql, request: RequestKey, leaseMs: number): Promise<boolean> =>
  (await sql.run(
    `UPDATE requests SET lease_until = NOW(6) + INTERVAL ? MICROSECOND, attempts = attempts + 1
     WHERE principal = ? AND idempotency_key = ? AND state = 'claimed' AND lease_until <= NOW(6)`,
    [micros(leaseMs), request.principal, request.key],
  )) === 1;

/** Temporal has acknowledged the start: none is sent again. */
export const markStarted = (sql: Sql, flow: string): Promise<number> =>
  sql.run(
    `UPDATE requests SET state = 'started', lease_until = NULL WHERE flow_id = ? AND state = 'claimed'`,
    [flow],
  );

/** Stores what the caller was answered, for replays. Never holds a client secret. */
export const keepRequestAnswer = (sql: Sql, flow: string, answer: unknown): Promise<number> =>
  sql.run(
    `UPDATE requests SET state = 'answered', lease_until = NULL, http_status = 201, http_body = ?
     WHERE flow_id = ? AND state <> 'answered'`,
    [JSON.stringify(answer), flow],
  );

/** Leaves the start to the sweeper, at once. */
export const leaveToSweeper = (sql: Sql, flow: string): Promise<number> =>
  sql.run(`UPDATE requests SET lease_until = NULL WHERE flow_id = ? AND state = 'claimed'`, [flow]);

export interface DueStart {
  readonly flow: string;
  readonly type: string;
  readonly input: unknown;
  readonly attempts: number;
}

/** Takes up to 20 starts that nobody is sending, each under a lease. Run it in a transaction. */
export const takeDueStarts = async (sql: Sql, leaseMs: number): Promise<readonly DueStart[]> => {
  const rows = await sql.rows<{ flow_id: string; attempts: number }>(
    `SELECT flow_id, attempts FROM requests WHERE state = 'claimed' AND (lease_until IS NULL OR lease_until <= NOW(6))
     ORDER BY attempts, created_at LIMIT 20 FOR UPDATE SKIP LOCKED`,
  );
  const due: DueStart[] = [];
  for (const { flow_id: flow, attempts } of rows) {
    await sql.run(
      `UPDATE requests SET lease_until = NOW(6) + INTERVAL ? MICROSECOND, attempts = attempts + 1 WHERE flow_id = ? AND state = 'claimed'`,
      [micros(leaseMs), flow],
    );
    const [row] = await sql.rows<{ type: string; input: unknown }>(
      'SELECT type, input FROM flows WHERE id = ?',
      [flow],
    );
    if (row) due.push({ flow, type: row.type, input: fromJson(row.input), attempts });
  }
  return due;
};

/** The start failed: the sweeper sends it again after this time. */
export const postponeStart = (sql: Sql, flow: string, afterMs: number): Promise<number> =>
  sql.run(
    `UPDATE requests SET lease_until = NOW(6) + INTERVAL ? MICROSECOND WHERE flow_id = ? AND state = 'claimed'`,
    [micros(afterMs), flow],
  );
