import { createHmac, timingSafeEqual } from 'node:crypto';

/** One act of steering: who does what to which park of which flow. */
export interface SteeringClaim {
  readonly flow: string;
  readonly verb: string;
  /** Empty for `hold` and `release`. */
  readonly park: string;
  readonly actor: string;
}

/** The API's word that it knows the actor: 64 hex digits that only holders of the secret can make. */
export const proveSteering = (secret: string, { flow, verb, park, actor }: SteeringClaim): string =>
  createHmac('sha256', secret)
    .update(JSON.stringify([flow, verb, park, actor]))
    .digest('hex');

/** Whether the proof is the API's. Never throws. */
export const isProven = (secret: string, claim: SteeringClaim, proof: string): boolean => {
  const right = Buffer.from(proveSteering(secret, claim));
  const given = Buffer.from(proof);
  return right.length === given.length && timingSafeEqual(right, given);
};
