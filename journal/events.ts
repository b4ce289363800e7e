import type { Sql } from './connect.ts';

/** One line of a flow's story. `detail` holds ids, states and codes; never personal data. */
export interface FlowEvent {
  readonly flow: string;
  readonly kind: string;
  readonly step?: string | undefined;
  readonly service?: string | undefined;
  /** The flow's learner status from now on; the last one stays when this is absent. */
  readonly status?: string | undefined;
  readonly order?: string | undefined;
  readonly detail?: object | undefined;
}

/** Appends to the flow's story under its row lock, in the caller's transaction. A flow without a row (a test, a tool) has no story. */
export const appendEvent = async (sql: Sql, event: FlowEvent): Promise<void> => {
  const { flow, kind, step = null, service = null, status = null, order = null, detail } = event;
  await sql.run(
    `UPDATE flows SET last_seq = last_seq + 1, order_number = COALESCE(?, order_number),
       status = IF(ended_at IS NULL, COALESCE(?, status), status) WHERE id = ?`,
    [order, status, flow],
  );
  await sql.run(
    `INSERT INTO flow_events (flow_id, seq, kind, step, service, status, detail)
     SELECT id, last_seq, ?, ?, ?, ?, ? FROM flows WHERE id = ?`,
    [kind, step, service, status, detail === undefined ? null : JSON.stringify(detail), flow],
  );
};
