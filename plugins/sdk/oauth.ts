import { z } from 'zod';
import { HttpError } from './http.ts';
import type { Call } from './plugin.ts';

/** Who we are to a Service, by OAuth's client credentials. */
export interface ClientCredentials {
  readonly tokenUrl: string | URL;
  readonly clientId: string;
  readonly clientSecret: string;
  /** How the token is sent: `Bearer <token>`, or `JWT <token>` as Open edX Services want it. Default: Bearer. */
  readonly scheme?: 'Bearer' | 'JWT';
}

type Caller = Pick<Call<unknown>, 'http' | 'cached' | 'forget'>;

const Token = z.object({ access_token: z.string().min(1), expires_in: z.number().positive() });
/** Renewed this much earlier than it expires, so that no call leaves with a token that dies on the way. */
const MARGIN_SECONDS = 30;

/** Under which a process keeps it: a plugin may be two clients. */
const nameOf = ({ tokenUrl, clientId }: ClientCredentials): string => `oauth ${clientId} ${String(tokenUrl)}`;

/** The value of Authorization; fetched once per process and lifetime. */
const authorization = ({ http, cached }: Caller, credentials: ClientCredentials): Promise<string> =>
  cached(nameOf(credentials), async () => {
    const { tokenUrl, clientId, clientSecret, scheme = 'Bearer' } = credentials;
    const { access_token, expires_in } = await http.json(Token, {
      method: 'POST',
      url: tokenUrl,
      body: new URLSearchParams({
        grant_type: 'client_credentials',
        client_id: clientId,
        client_secret: clientSecret,
        ...(scheme === 'JWT' && { token_type: 'jwt' }),
      }),
      changesNothing: true,
    });
    return { value: `${scheme} ${access_token}`, keepFor: `${Math.max(expires_in - MARGIN_SECONDS, 1)}s` };
  });

/** Asks with a token. A 401 means that nothing was done: the old token goes, and it asks once more. */
export const withClientCredentials = async <T>(
  call: Caller,
  credentials: ClientCredentials,
  ask: (authorization: string) => Promise<T>,
): Promise<T> => {
  const first = await authorization(call, credentials);
  try {
    return await ask(first);
  } catch (error) {
    if (!(error instanceof HttpError && error.status === 401)) throw error;
  }
  // Another call may have renewed it meanwhile.
  if ((await authorization(call, credentials)) === first) call.forget(nameOf(credentials));
  return ask(await authorization(call, credentials));
};
