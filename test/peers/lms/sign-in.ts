import { z } from 'zod';
import { ok, Refusal } from '../kit/answer.ts';
import type { Call, Handler } from '../kit/start-peer.ts';
import { issueToken, liveToken } from '../kit/token.ts';

export type LmsClient = { readonly clientId: string; readonly clientSecret: string };

const Login = z.object({
  grant_type: z.literal('client_credentials'),
  client_id: z.string().optional(),
  client_secret: z.string().optional(),
});
const lifetimeSeconds = 3600;

/** OAuth's client credentials, from the form or by Basic. Tokens stay good over a reset: callers keep them. */
export const createSignIn = ({ clientId, clientSecret }: LmsClient) => {
  const issued = new Set<string>();
  const expired = new Set<string>();
  const signIn: Handler = ({ body, headers }) => {
    const login = Login.safeParse(body ?? {});
    if (!login.success) return { status: 400, body: { error: 'unsupported_grant_type' } };
    const basic = /^Basic (.*)$/.exec(headers['authorization'] ?? '')?.[1];
    const given = basic
      ? Buffer.from(basic, 'base64').toString()
      : `${login.data.client_id}:${login.data.client_secret}`;
    if (given !== `${clientId}:${clientSecret}`) return { status: 401, body: { error: 'invalid_client' } };
    const token = issueToken(lifetimeSeconds);
    issued.add(token);
    return ok({
      access_token: token,
      token_type: 'JWT',
      expires_in: lifetimeSeconds,
      scope: 'read write profile email',
    });
  };
  return {
    signIn,
    requireToken: ({ headers }: Call): void => {
      const token = liveToken(headers['authorization']);
      if (!token || expired.has(token))
        throw new Refusal({ status: 401, body: { detail: 'Invalid token.' } });
    },
    /** All tokens issued so far answer 401. */
    expireTokens: (): void => {
      issued.forEach((token) => expired.add(token));
      issued.clear();
    },
  };
};
