import { isDuplicate, type Sql } from './connect.ts';

/** Thrown inside a transaction: another flow holds what this one needs for itself. */
export class ClaimTaken extends Error {
  override readonly name = 'ClaimTaken';
  readonly claim: string;
  constructor(claim: string) {
    super(`Another flow holds '${claim}'.`);
    this.claim = claim;
  }
}

/** Takes what only one live flow may hold. Throws ClaimTaken, and the caller's transaction is rolled back. */
export const insertClaims = async (sql: Sql, flow: string, claims: readonly string[]): Promise<void> => {
  // In one order for everybody: two flows that want the same two claims do not deadlock.
  for (const claim of claims.toSorted()) {
    try {
      await sql.run('INSERT INTO claims (claim, flow_id) VALUES (?, ?)', [claim, flow]);
    } catch (error) {
      throw isDuplicate(error) ? new ClaimTaken(claim) : error;
    }
  }
};

export interface ClaimHolder {
  readonly flow: string;
  readonly hasEnded: boolean;
}

/** Who holds the claim; undefined when it was given back in the meantime. */
export const readHolder = async (sql: Sql, claim: string): Promise<ClaimHolder | undefined> => {
  const [row] = await sql.rows<{ flow_id: string; ended: number }>(
    `SELECT c.flow_id, f.ended_at IS NOT NULL AS ended FROM claims c LEFT JOIN flows f ON f.id = c.flow_id WHERE c.claim = ?`,
    [claim],
  );
  return row && { flow: row.flow_id, hasEnded: Number(row.ended) === 1 };
};

/** Gives back what an ended flow still holds. */
export const releaseClaimsOf = (sql: Sql, flow: string): Promise<number> =>
  sql.run(
    'DELETE FROM claims WHERE flow_id = ? AND EXISTS (SELECT 1 FROM flows WHERE id = ? AND ended_at IS NOT NULL)',
    [flow, flow],
  );

/** The same for all ended flows. Their closing step does so too, unless a crash came between. */
export const releaseClaimsOfEnded = async (sql: Sql): Promise<number> => {
  // Looked for without locks: the running flows' rows are not touched.
  const ended = await sql.rows<{ flow_id: string }>(
    `SELECT DISTINCT c.flow_id FROM claims c JOIN flows f ON f.id = c.flow_id WHERE f.ended_at IS NOT NULL LIMIT 100`,
  );
  for (const { flow_id } of ended) await releaseClaimsOf(sql, flow_id);
  return ended.length;
};
