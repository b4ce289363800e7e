import type { Sql } from './connect.ts';
import { fromJson } from './effects.ts';

/** What a flow's start is made of: enough to start it again from the journal alone. */
export interface NewFlow {
  readonly id: string;
  readonly type: string;
  readonly learner: string;
  readonly input: unknown;
}

export interface FlowRow {
  readonly id: string;
  readonly type: string;
  readonly status: string;
  readonly learner: string | undefined;
  readonly order: string | undefined;
  readonly input: unknown;
  /** What the caller who started it was told; undefined until then. */
  readonly answer: unknown;
  readonly result: unknown;
  readonly lastSeq: number;
  readonly createdAt: string;
  readonly hasEnded: boolean;
}

interface RawFlow {
  id: string;
  type: string;
  status: string;
  learner: string | null;
  order_number: string | null;
  input: unknown;
  answer: unknown;
  result: unknown;
  last_seq: number;
  created_at: Date;
  ended_at: Date | null;
}

/** The column is ascii: comparing it with other text would be an error of the database instead of "no such flow". */
const FORM_OF_ID = /^[\x21-\x7e]{1,128}$/;
export const isFlowId = (id: string): boolean => FORM_OF_ID.test(id);

const given = (value: unknown): unknown => (value === null ? undefined : fromJson(value));

/** Inserts the row of a flow that is about to be started. */
export const insertFlow = (sql: Sql, flow: NewFlow): Promise<number> =>
  sql.run(`INSERT INTO flows (id, type, status, learner, input) VALUES (?, ?, 'received', ?, ?)`, [
    flow.id,
    flow.type,
    flow.learner,
    JSON.stringify(flow.input),
  ]);

/** The flow's row, or undefined for an id that nobody was ever given. */
export const readFlow = async (sql: Sql, id: string): Promise<FlowRow | undefined> => {
  if (!isFlowId(id)) return undefined;
  const [row] = await sql.rows<RawFlow>(
    `SELECT id, type, status, learner, order_number, input, answer, result, last_seq, created_at, ended_at
     FROM flows WHERE id = ?`,
    [id],
  );
  if (!row) return undefined;
  return {
    id: row.id,
    type: row.type,
    status: row.status,
    learner: row.learner ?? undefined,
    order: row.order_number ?? undefined,
    input: fromJson(row.input),
    answer: given(row.answer),
    result: given(row.result),
    lastSeq: row.last_seq,
    createdAt: row.created_at.toISOString(),
    hasEnded: row.ended_at !== null,
  };
};

/** Keeps the first answer of a flow, for reads while Temporal is away. */
export const keepFlowAnswer = (sql: Sql, id: string, answer: unknown): Promise<number> =>
  sql.run('UPDATE flows SET answer = ? WHERE id = ? AND answer IS NULL', [JSON.stringify(answer), id]);

type Json = Readonly<Record<string, unknown>>;

/** All that an operator sees of a flow beside its row. No inputs and outputs: they may hold personal data. */
export interface FlowStory {
  readonly events: readonly Json[];
  readonly effects: readonly Json[];
  readonly facts: readonly Json[];
  readonly incidents: readonly Json[];
}

const plain = (rows: readonly Json[]): readonly Json[] =>
  rows.map((row) => ({ ...row, ...('detail' in row && { detail: given(row['detail']) }) }));

/** The flow's events, effects and open incidents, and the facts of its order. */
export const readFlowStory = async (sql: Sql, flow: Pick<FlowRow, 'id' | 'order'>): Promise<FlowStory> => {
  const [events, effects, facts, incidents] = await Promise.all([
    sql.rows<Json>(
      `SELECT seq, at, kind, step, service, status, detail FROM flow_events WHERE flow_id = ? ORDER BY seq LIMIT 1000`,
      [flow.id],
    ),
    sql.rows<Json>(
      `SELECT action, effect_key AS \`key\`, generation, state, plugin, service, reference, order_number AS \`order\`, line,
         step, repeats, error_code AS code, error_message AS message, created_at AS createdAt, settled_at AS settledAt
       FROM effects WHERE flow_id = ? ORDER BY id LIMIT 1000`,
      [flow.id],
    ),
    sql.rows<Json>(
      `SELECT service, kind, reference, line, state, amount, currency, source, seen_at AS seenAt, changed_at AS changedAt
       FROM facts WHERE order_number = ? ORDER BY id LIMIT 1000`,
      [flow.order ?? ''],
    ),
    sql.rows<Json>(
      `SELECT kind, step, service, code, message, tries, opened_at AS openedAt FROM incidents
       WHERE flow_id = ? AND is_open = 1 ORDER BY id LIMIT 100`,
      [flow.id],
    ),
  ]);
  return { events: plain(events), effects: plain(effects), facts: plain(facts), incidents: plain(incidents) };
};
