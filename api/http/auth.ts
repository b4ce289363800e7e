import type { Request } from 'express';
import { jwtVerify, SignJWT } from 'jose';
import { z } from 'zod';
import { Learner } from '../../contracts/actions/learner.ts';
import type { Role } from '../../contracts/define.ts';
import { Problem } from './problem.ts';

/** Who is calling. `userId` is the LMS's own. */
export interface Caller {
  readonly userId: string;
  readonly username: string;
  readonly roles: readonly Role[];
}
export type Authenticate = (req: Request) => Promise<Caller>;

const ISSUER = 'commerce-coordinator-dev';
const AUDIENCE = 'commerce-coordinator';

// `processor` is no role of a token: only verified webhooks speak for a processor.
const ROLES = ['learner', 'service', 'operator'] as const;

const Claims = z.object({
  user_id: z.union([z.int().min(0).transform(String), z.string()]).pipe(Learner),
  preferred_username: z.string().min(1).max(150),
  // Roles of other systems may be in there too.
  roles: z.array(z.string()).transform((roles) => ROLES.filter((role) => roles.includes(role))),
});

const refuse = (detail: string): Problem =>
  new Problem('auth.missing', detail, { headers: { 'WWW-Authenticate': 'Bearer' } });

export interface DevTokenOptions {
  readonly secret: string;
  /** `production` is refused: whoever knows the secret is any learner and any operator. */
  readonly nodeEnv: string | undefined;
}

/** Checks development tokens. Throws at start-up in production, or for a secret that can be guessed. */
export const createDevAuth = ({ secret, nodeEnv }: DevTokenOptions): Authenticate => {
  if (nodeEnv === 'production') {
    throw new Error('Development tokens are refused with NODE_ENV=production: unset DEV_TOKEN_SECRET there.');
  }
  if (secret.length < 16) throw new Error('DEV_TOKEN_SECRET has fewer than 16 characters: use a longer one.');
  const key = new TextEncoder().encode(secret);
  return async (req) => {
    const match = /^(?:Bearer|JWT) ([\w.-]{1,8192})$/i.exec(req.get('authorization') ?? '');
    if (!match?.[1])
      throw refuse('There is no header Authorization: expected `Bearer <token>` or `JWT <token>`.');
    try {
      const { payload } = await jwtVerify(match[1], key, {
        algorithms: ['HS256'],
        issuer: ISSUER,
        audience: AUDIENCE,
        clockTolerance: 5,
        requiredClaims: ['exp', 'iat'],
      });
      const { user_id: userId, preferred_username: username, roles } = Claims.parse(payload);
      return { userId, username, roles };
    } catch (cause) {
      const isExpired = cause instanceof Error && 'code' in cause && cause.code === 'ERR_JWT_EXPIRED';
      throw refuse(
        isExpired ? 'The token has expired: get a new one.' : 'The token is not one of ours: get a new one.',
      );
    }
  };
};

export interface DevUser {
  readonly userId: string;
  readonly username: string;
  readonly roles: readonly (typeof ROLES)[number][];
}

/** A token for development and tests, good for 12 hours. */
export const issueDevToken = (secret: string, { userId, username, roles }: DevUser): Promise<string> =>
  new SignJWT({ user_id: Number(userId), preferred_username: username, roles: [...roles] })
    .setProtectedHeader({ alg: 'HS256', typ: 'JWT' })
    .setIssuer(ISSUER)
    .setAudience(AUDIENCE)
    .setIssuedAt()
    .setExpirationTime('12h')
    .sign(new TextEncoder().encode(secret));

/** True when the caller has one of the roles. */
export const hasRole = (caller: Caller, roles: readonly Role[]): boolean =>
  caller.roles.some((role) => roles.includes(role));
