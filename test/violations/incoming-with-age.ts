import { randomUUID } from 'node:crypto';
import type { Journal } from '../../journal/connect.ts';

interface Aged {
  readonly state: string;
  readonly ageMs: number;
}

/** A request that was accepted some time ago. */
export const acceptedWithAge = (journal: Journal, flow: string, { state, ageMs }: Aged): Promise<number> =>
  journal.run(
    `INSERT INTO requests (principal, idempotency_key, digest, flow_id, state, attempts, created_at)
     VALUES ('learner:1001', ?, UNHEX(SHA2('', 256)), ?, ?, 1, NOW(6) - INTERVAL ? MICROSECOND)`,
    [randomUUID(), flow, state, ageMs * 1_000],
  );

/** A message that came in some time ago. */
export const arrivedWithAge = (journal: Journal, flow: string, { state, ageMs }: Aged): Promise<number> =>
  journal.run(
    `INSERT INTO inbox (source, event_id, state, flow_id, message, body_digest, attempts, received_at)
     VALUES ('stripe', ?, ?, ?, 'payment.news', UNHEX(SHA2('', 256)), 3, NOW(6) - INTERVAL ? MICROSECOND)`,
    [randomUUID(), state, flow, ageMs * 1_000],
  );
