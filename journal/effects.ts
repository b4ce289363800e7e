import { isDuplicate, type Sql } from './connect.ts';

export type EffectState = 'claimed' | 'done' | 'failed' | 'unknown' | 'reversed' | 'fenced';

/** The newest generation of one effect. Times are lengths by the database's clock, so no process's clock matters. */
export interface EffectRow {
  readonly id: number;
  readonly action: string;
  readonly key: string;
  readonly generation: number;
  readonly state: EffectState;
  readonly plugin: string;
  readonly digest: string;
  readonly input: unknown;
  readonly output: unknown;
  /** What is left of the claim's lease; zero or less when it has ended. */
  readonly leaseLeftMs: number;
  /** Since the Service was first called under this generation's key. */
  readonly calledForMs: number;
  /** Since a look-up first said "absent"; undefined when none did. */
  readonly absentForMs: number | undefined;
  /** Calls under the same key since the answer was lost; none again once a look-up could not decide. */
  readonly repeats: number;
  /** Why the last call under this key has no usable answer. */
  readonly lastFailure: { readonly code: string; readonly message: string } | undefined;
}

/** All that a claim writes down before the Service is called. */
export interface Claim {
  readonly action: string;
  readonly key: string;
  readonly generation: number;
  readonly plugin: string;
  readonly service: string;
  readonly moves: string | undefined;
  readonly digest: string;
  readonly input: unknown;
  readonly order: string | undefined;
  readonly line: string | undefined;
  readonly money: { readonly amount: number; readonly currency: string } | undefined;
  readonly flow: { readonly type: string; readonly id: string; readonly step: string };
  /** What the flow had decided by, step by step, when it asked for this effect. */
  readonly decisions: Readonly<Record<string, unknown>> | undefined;
}

interface Lease {
  readonly token: string;
  readonly ms: number;
}

interface RawRow {
  id: number;
  action: string;
  effect_key: string;
  generation: number;
  state: EffectState;
  plugin: string;
  digest: string;
  input: unknown;
  output: unknown;
  lease_left: number | string | null;
  called_for: number | string | null;
  absent_for: number | string | null;
  repeats: number;
  error_code: string | null;
  error_message: string | null;
}

/** JSON columns come back parsed from MySQL and, depending on the driver's guess, as text from MariaDB. */
export const fromJson = (value: unknown): unknown => (typeof value === 'string' ? JSON.parse(value) : value);

/** The newest generation of the effect, or undefined when nobody ever asked for it. */
export const readEffect = async (sql: Sql, action: string, key: string): Promise<EffectRow | undefined> => {
  const [row] = await sql.rows<RawRow>(
    `SELECT id, action, effect_key, generation, state, plugin, HEX(digest) AS digest, input, output, repeats, error_code, error_message,
       TIMESTAMPDIFF(MICROSECOND, NOW(6), lease_until) / 1000 AS lease_left,
       TIMESTAMPDIFF(MICROSECOND, called_at, NOW(6)) / 1000 AS called_for,
       TIMESTAMPDIFF(MICROSECOND, absent_since, NOW(6)) / 1000 AS absent_for
     FROM effects WHERE action = ? AND effect_key = ? ORDER BY generation DESC LIMIT 1`,
    [action, key],
  );
  if (!row) return undefined;
  return {
    id: Number(row.id),
    action: row.action,
    key: row.effect_key,
    generation: row.generation,
    state: row.state,
    plugin: row.plugin,
    digest: row.digest.toLowerCase(),
    input: fromJson(row.input),
    output: fromJson(row.output),
    leaseLeftMs: Number(row.lease_left ?? 0),
    calledForMs: Number(row.called_for ?? 0),
    absentForMs: row.absent_for === null ? undefined : Number(row.absent_for),
    repeats: row.repeats,
    lastFailure:
      row.error_code === null ? undefined : { code: row.error_code, message: row.error_message ?? '' },
  };
};

/** Inserts a new generation. Answers its id, or undefined when somebody else was first. */
export const insertEffect = async (
  sql: Sql,
  claim: Claim,
  state: { readonly claimed: Lease } | 'fenced',
): Promise<number | undefined> => {
  const lease = state === 'fenced' ? undefined : state.claimed;
  try {
    await sql.run(
      `INSERT INTO effects (action, effect_key, generation, state, plugin, service, moves, digest, input, order_number, line,
         amount, currency, decisions, flow_type, flow_id, step, lease_token, lease_until, called_at, settled_at)
       VALUES (?, ?, ?, ?, ?, ?, ?, UNHEX(?), ?, ?, ?, ?, ?, ?, ?, ?, ?, ?,
         IF(? = 'fenced', NULL, NOW(6) + INTERVAL ? MICROSECOND), IF(? = 'fenced', NULL, NOW(6)), IF(? = 'fenced', NOW(6), NULL))`,
      [
        claim.action,
        claim.key,
        claim.generation,
        lease ? 'claimed' : 'fenced',
        claim.plugin,
        claim.service,
        claim.moves ?? null,
        claim.digest,
        JSON.stringify(claim.input),
        claim.order ?? null,
        claim.line ?? null,
        claim.money?.amount ?? null,
        claim.money?.currency ?? null,
        claim.decisions === undefined ? null : JSON.stringify(claim.decisions),
        claim.flow.type,
        claim.flow.id,
        claim.flow.step,
        lease?.token ?? null,
        lease ? 'claimed' : 'fenced',
        Math.round((lease?.ms ?? 0) * 1_000),
        lease ? 'claimed' : 'fenced',
        lease ? 'claimed' : 'fenced',
      ],
    );
  } catch (error) {
    if (isDuplicate(error)) return undefined;
    throw error;
  }
  const [row] = await sql.rows<{ id: number }>(
    'SELECT id FROM effects WHERE action = ? AND effect_key = ? AND generation = ?',
    [claim.action, claim.key, claim.generation],
  );
  return row && Number(row.id);
};

/** What a settled answer writes into its row. `failed`: the answer says that it did not happen after all. */
export interface SettledColumns {
  readonly state: 'done' | 'failed';
  readonly output: unknown;
  readonly reference: string | undefined;
  readonly order: string | undefined;
}

/** Every change below names the state it starts from, so that of two who try, one changes nothing. */
const changed = async (count: Promise<number>): Promise<boolean> => (await count) === 1;

/** A claim whose lease has ended is in doubt. */
export const expireClaim = (sql: Sql, id: number): Promise<boolean> =>
  changed(
    sql.run(
      `UPDATE effects SET state = 'unknown', unknown_since = COALESCE(unknown_since, NOW(6)), lease_token = NULL,
         error_code = 'service.unavailable', error_message = 'The worker was lost during the call.'
       WHERE id = ? AND state = 'claimed' AND lease_until <= NOW(6)`,
      [id],
    ),
  );

/** Takes the row for one more call under the same key. `repeats` guards against two who decided at once. */
export const claimRepeat = (sql: Sql, row: EffectRow, lease: Lease): Promise<boolean> =>
  changed(
    sql.run(
      `UPDATE effects SET state = 'claimed', lease_token = ?, lease_until = NOW(6) + INTERVAL ? MICROSECOND, repeats = repeats + 1,
         absent_since = NULL
       WHERE id = ? AND state = 'unknown' AND repeats = ?`,
      [lease.token, Math.round(lease.ms * 1_000), row.id, row.repeats],
    ),
  );

/** Settles with one's own lease only. False: the lease was lost, and nothing was changed. */
export const settleClaim = (
  sql: Sql,
  { id, token }: { readonly id: number; readonly token: string },
  done: SettledColumns,
): Promise<boolean> =>
  changed(
    sql.run(
      `UPDATE effects SET state = ?, output = ?, reference = ?, order_number = COALESCE(?, order_number), lease_token = NULL,
         error_code = NULL, error_message = NULL, settled_at = NOW(6)
       WHERE id = ? AND state = 'claimed' AND lease_token = ?`,
      [done.state, JSON.stringify(done.output), done.reference ?? null, done.order ?? null, id, token],
    ),
  );

/** Settles what a look-up found. */
export const settleFound = (sql: Sql, id: number, done: SettledColumns): Promise<boolean> =>
  changed(
    sql.run(
      `UPDATE effects SET state = ?, output = ?, reference = ?, order_number = COALESCE(?, order_number), settled_at = NOW(6)
       WHERE id = ? AND state = 'unknown'`,
      [done.state, JSON.stringify(done.output), done.reference ?? null, done.order ?? null, id],
    ),
  );

/** The call ended without a usable answer: `failed` when nothing can have happened, else `unknown`. */
export const settleFailure = (
  sql: Sql,
  { id, token }: { readonly id: number; readonly token: string },
  failure: {
    readonly state: 'failed' | 'unknown';
    readonly code: string;
    readonly message: string;
    readonly raw: unknown;
  },
): Promise<boolean> =>
  changed(
    sql.run(
      `UPDATE effects SET state = ?, lease_token = NULL, error_code = ?, error_message = ?, late_output = COALESCE(?, late_output),
         unknown_since = IF(? = 'unknown', COALESCE(unknown_since, NOW(6)), unknown_since),
         settled_at = IF(? = 'failed', NOW(6), NULL)
       WHERE id = ? AND state = 'claimed' AND lease_token = ?`,
      [
        failure.state,
        failure.code.slice(0, 64),
        failure.message.slice(0, 1_000),
        failure.raw === undefined ? null : JSON.stringify(failure.raw),
        failure.state,
        failure.state,
        id,
        token,
      ],
    ),
  );

/** An answer that came after its lease had ended is evidence, kept beside the row. */
export const keepLateOutput = (sql: Sql, id: number, output: unknown): Promise<number> =>
  sql.run('UPDATE effects SET late_output = ? WHERE id = ?', [JSON.stringify(output), id]);

/** A look-up said "absent": remember when it first did, and that it was asked. */
export const noteAbsent = (sql: Sql, row: EffectRow): Promise<number> =>
  sql.run(
    `UPDATE effects SET absent_since = COALESCE(absent_since, NOW(6)) WHERE id = ? AND state = 'unknown' AND repeats = ?`,
    [row.id, row.repeats],
  );

/** A look-up could not decide: the next turn may repeat, where the Service honours the key. */
export const noteUndecided = (sql: Sql, row: EffectRow): Promise<number> =>
  sql.run(`UPDATE effects SET repeats = 0, absent_since = NULL WHERE id = ? AND state = 'unknown'`, [row.id]);

/** Twice absent, a settle delay apart: it did not happen. */
export const failAbsent = (sql: Sql, row: EffectRow): Promise<boolean> =>
  changed(
    sql.run(
      `UPDATE effects SET state = 'failed', settled_at = NOW(6) WHERE id = ? AND state = 'unknown' AND repeats = ? AND absent_since IS NOT NULL`,
      [row.id, row.repeats],
    ),
  );

/** Settles what an operator assumed and the Service confirmed, or what moves nothing. */
export const settleAssumed = (sql: Sql, id: number, done: SettledColumns): Promise<boolean> =>
  changed(
    sql.run(
      `UPDATE effects SET state = ?, output = ?, reference = ?, order_number = COALESCE(?, order_number), settled_at = NOW(6)
       WHERE id = ? AND state IN ('unknown', 'failed')`,
      [done.state, JSON.stringify(done.output), done.reference ?? null, done.order ?? null, id],
    ),
  );

/** Marks the newest generation of another effect as undone. */
export const reverseEffect = (sql: Sql, action: string, key: string): Promise<number> =>
  sql.run(`UPDATE effects SET state = 'reversed' WHERE action = ? AND effect_key = ? AND state = 'done'`, [
    action,
    key,
  ]);

/** What the flow's effects were decided by, the first answer of each step. Empty when it has no effect yet. */
export const readDecisions = async (sql: Sql, flow: string): Promise<Readonly<Record<string, unknown>>> => {
  const rows = await sql.rows<{ decisions: unknown }>(
    'SELECT decisions FROM effects WHERE flow_id = ? AND decisions IS NOT NULL ORDER BY id DESC',
    [flow],
  );
  return Object.assign({}, ...rows.map(({ decisions }) => fromJson(decisions)));
};

/** An effect on money or grants that stands, or may stand, and was no part of undoing. */
export interface StandingEffect {
  readonly step: string;
  readonly action: string;
  readonly state: EffectState;
  readonly input: unknown;
  readonly output: unknown;
}

/** What a flow's effects have left of money and grants: by the newest generation of each. */
export const readStanding = async (sql: Sql, flow: string): Promise<readonly StandingEffect[]> => {
  const rows = await sql.rows<{ [K in keyof StandingEffect]: StandingEffect[K] }>(
    `SELECT e.step, e.action, e.state, e.input, e.output FROM effects e
     WHERE e.flow_id = ? AND e.moves IS NOT NULL AND e.state IN ('claimed', 'unknown', 'done')
       AND e.step NOT LIKE 'undo:%' AND e.step NOT LIKE 'fence:%'
       AND NOT EXISTS (SELECT 1 FROM effects n WHERE n.action = e.action AND n.effect_key = e.effect_key AND n.generation > e.generation)`,
    [flow],
  );
  return rows.map((row) => ({ ...row, input: fromJson(row.input), output: fromJson(row.output) }));
};
