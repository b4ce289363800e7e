import type { Sql } from './connect.ts';

export interface Incident {
  readonly flow: string;
  readonly kind: 'parked';
  readonly step: string;
  readonly service?: string | undefined;
  readonly code: string;
  readonly message: string;
}

/** Opens an incident, or counts one more try on the open one of this flow and step. */
export const openIncident = async (sql: Sql, incident: Incident): Promise<void> => {
  await sql.run(
    `INSERT INTO incidents (flow_id, order_number, kind, step, service, code, message)
     SELECT ?, (SELECT order_number FROM flows WHERE id = ?), ?, ?, ?, ?, ?
     ON DUPLICATE KEY UPDATE tries = tries + 1, code = VALUES(code), message = VALUES(message), service = VALUES(service)`,
    [
      incident.flow,
      incident.flow,
      incident.kind,
      incident.step,
      incident.service ?? null,
      incident.code,
      incident.message.slice(0, 1_000),
    ],
  );
};

/** Closes the open incident of this flow and step, or all of the flow's when no step is named. */
export const closeIncidents = (sql: Sql, flow: string, step?: string): Promise<number> =>
  sql.run(
    `UPDATE incidents SET is_open = NULL, closed_at = NOW(6) WHERE flow_id = ? AND is_open = 1 AND (? IS NULL OR step = ?)`,
    [flow, step ?? null, step ?? null],
  );
