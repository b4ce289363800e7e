import type { Sql } from './connect.ts';

/** A Service whose calls wait until somebody resumes it. */
export interface PausedService {
  readonly service: string;
  readonly actor: string;
  readonly reason: string;
  /** ISO 8601, by the database's clock. */
  readonly since: string;
}
interface Change {
  readonly service: string;
  readonly actor: string;
  readonly reason: string;
}

/** Has every process leave the Service alone, within some seconds. False: it was paused already, and that pause stays. */
export const pauseService = async (sql: Sql, { service, actor, reason }: Change): Promise<boolean> => {
  const isNew = await sql.run(
    `INSERT IGNORE INTO services (service, state, actor, reason, since) VALUES (?, 'paused', ?, ?, NOW(6))`,
    [service, actor, reason],
  );
  return isNew > 0 || change(sql, { service, actor, reason, state: 'paused' });
};

/** Lets calls through again, within some seconds. False: it was not paused. */
export const resumeService = (sql: Sql, resumed: Change): Promise<boolean> =>
  change(sql, { ...resumed, state: 'running' });

const change = async (
  sql: Sql,
  { service, actor, reason, state }: Change & { readonly state: 'paused' | 'running' },
): Promise<boolean> =>
  (await sql.run(
    'UPDATE services SET state = ?, actor = ?, reason = ?, since = NOW(6) WHERE service = ? AND state <> ?',
    [state, actor, reason, service, state],
  )) > 0;

/** All Services that are paused now. */
export const readPaused = (sql: Sql): Promise<readonly PausedService[]> =>
  sql.rows<PausedService>(
    `SELECT service, actor, reason, DATE_FORMAT(since, '%Y-%m-%dT%H:%i:%s.%fZ') AS since
     FROM services WHERE state = 'paused' ORDER BY service`,
  );
