import { createHmac, timingSafeEqual } from 'node:crypto';
import { digestOf } from '../journal/digest.ts';

/** One act of steering: who does what to which park of which flow. */
export interface SteeringClaim {
  readonly flow: string;
  readonly verb: string;
  /** All that is asked: park id, actor, reason, input or output, and `at`, when it was asked. */
  readonly ask: object;
}

/** A proof is good for this long, so that one that was read in a history is of no use. */
const GOOD_FOR_MS = 10 * 60_000;

/** The API's word that it knows the actor: 64 hex digits that only holders of the secret can make. */
export const proveSteering = (secret: string, { flow, verb, ask }: SteeringClaim): string =>
  createHmac('sha256', secret)
    .update(digestOf([flow, verb, ask]))
    .digest('hex');

/** Whether the proof is the API's. Never throws. */
export const isProven = (secret: string, claim: SteeringClaim, proof: string): boolean => {
  const { at } = claim.ask as { at?: unknown };
  const age = Math.abs(Date.now() - Date.parse(String(at)));
  if (!(age < GOOD_FOR_MS)) return false;
  const right = Buffer.from(proveSteering(secret, claim));
  const given = Buffer.from(proof);
  return right.length === given.length && timingSafeEqual(right, given);
};
