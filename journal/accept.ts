import { ClaimTaken, insertClaims, readHolder, releaseClaimsOf } from './claims.ts';
import { isDuplicate, type Journal } from './connect.ts';
import { insertFlow, type NewFlow } from './flows.ts';
import { insertRequest, type NewRequest, readRequest, type RequestRow } from './requests.ts';

export interface Start {
  readonly request: Omit<NewRequest, 'flow'>;
  readonly flow: NewFlow;
  /** What only one live flow may hold. */
  readonly claims: readonly string[];
}

export type Accepted =
  /** Durable, and ours to start. */
  | { readonly kind: 'accepted' }
  /** The key was used before: with the same body it is a retry. */
  | { readonly kind: 'known'; readonly request: RequestRow }
  /** Nothing was stored, the key stays free. */
  | { readonly kind: 'claim-held'; readonly by: string };

class KeyUsed extends Error {}

/** Accepts a start: request, flow and claims in one transaction, or nothing of it. */
export const acceptStart = async (journal: Journal, start: Start): Promise<Accepted> => {
  for (let attempt = 1; ; attempt++) {
    try {
      await insertAll(journal, start);
      return { kind: 'accepted' };
    } catch (error) {
      const seen = await explain(journal, start, error);
      if (seen) return seen;
      // The holder went away between the insert and the look: there is room now. Somebody else may be faster.
      if (attempt === 3) throw error;
    }
  }
};

const insertAll = (journal: Journal, { request, flow, claims }: Start): Promise<void> =>
  journal.transaction(async (sql) => {
    try {
      await insertRequest(sql, { ...request, flow: flow.id });
    } catch (error) {
      throw isDuplicate(error) ? new KeyUsed() : error;
    }
    await insertFlow(sql, flow);
    await insertClaims(sql, flow.id, claims);
  });

const explain = async (
  journal: Journal,
  { request }: Start,
  error: unknown,
): Promise<Accepted | undefined> => {
  if (error instanceof KeyUsed) {
    const known = await readRequest(journal, request);
    return known && { kind: 'known', request: known };
  }
  if (!(error instanceof ClaimTaken)) throw error;
  const holder = await readHolder(journal, error.claim);
  if (!holder) return undefined;
  if (!holder.hasEnded) return { kind: 'claim-held', by: holder.flow };
  await releaseClaimsOf(journal, holder.flow);
  return undefined;
};
