import { type Check, age, ENOUGH, micros, violationAt, type Where } from './violation.ts';

/** I7: what was accepted is started. */
export const acceptedIsStarted: Check = async (sql, { requestMs }) => {
  const rows = await sql.rows<Where & { attempts: number }>(
    `SELECT r.flow_id, r.attempts, ${age('r.created_at')} FROM requests r
     WHERE r.state = 'claimed' AND r.created_at <= NOW(6) - INTERVAL ? MICROSECOND ${ENOUGH}`,
    [micros(requestMs)],
  );
  return rows.map((row) =>
    violationAt(
      'request.not-started',
      row,
      `Accepted, but Temporal has not taken the start in ${row.attempts} tries.`,
    ),
  );
};

/** I7: an accepted request names a flow that is there. */
export const acceptedIsKept: Check = async (sql) => {
  const rows = await sql.rows<Where>(
    `SELECT r.flow_id, ${age('r.created_at')} FROM requests r
     LEFT JOIN flows f ON f.id = r.flow_id WHERE f.id IS NULL ${ENOUGH}`,
  );
  return rows.map((row) =>
    violationAt('request.without-flow', row, 'Accepted, but the journal has no such flow.'),
  );
};

interface Message extends Where {
  readonly source: string;
  readonly event_id: string;
  readonly message: string | null;
  readonly attempts: number;
}
const MESSAGE = 'm.source, m.event_id, m.message, m.attempts, m.flow_id';
const nameOf = ({ source, event_id, message }: Message): string =>
  `${message ?? 'event'} ${event_id} of ${source}`;

/** I8: a message reaches its flow, */
export const noMessageForgotten: Check = async (sql, { messageMs }) => {
  const rows = await sql.rows<Message>(
    `SELECT ${MESSAGE}, ${age('m.received_at')} FROM inbox m
     WHERE m.state = 'waiting' AND m.received_at <= NOW(6) - INTERVAL ? MICROSECOND ${ENOUGH}`,
    [micros(messageMs)],
  );
  return rows.map((row) =>
    violationAt('message.waiting', row, `${nameOf(row)} waits after ${row.attempts} tries.`),
  );
};

/** or somebody decides what becomes of it. */
export const noMessageDead: Check = async (sql) => {
  const rows = await sql.rows<Message>(
    `SELECT ${MESSAGE}, ${age('m.received_at')} FROM inbox m WHERE m.state = 'dead' ${ENOUGH}`,
  );
  return rows.map((row) =>
    violationAt('message.dead', row, `Nobody took ${nameOf(row)} in ${row.attempts} tries.`),
  );
};
