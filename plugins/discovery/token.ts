import { type Call, HttpError, z } from 'commerce-coordinator/sdk';
import type { Settings } from './settings.ts';

const Token = z.object({ access_token: z.string().min(1), expires_in: z.number().positive() });
const NAME = 'discovery.token';
/** Renewed this much earlier than it expires, so that no call leaves with a token that dies on the way. */
const MARGIN_SECONDS = 30;

/** The value of Authorization for this Service; fetched once per process and lifetime. */
const authorization = ({ settings, http, cached }: Call<Settings>): Promise<string> =>
  cached(NAME, async () => {
    const { access_token, expires_in } = await http.json(Token, {
      method: 'POST',
      url: settings.tokenUrl,
      body: new URLSearchParams({
        grant_type: 'client_credentials',
        client_id: settings.clientId,
        client_secret: settings.clientSecret,
        token_type: 'jwt',
      }),
      changesNothing: true,
    });
    return { value: `JWT ${access_token}`, keepFor: `${Math.max(expires_in - MARGIN_SECONDS, 1)}s` };
  });

/** Asks as the service user. A 401 means that nothing was done: the old token goes, and it asks once more. */
export const withToken = async <T>(
  call: Call<Settings>,
  ask: (authorization: string) => Promise<T>,
): Promise<T> => {
  const first = await authorization(call);
  try {
    return await ask(first);
  } catch (error) {
    if (!(error instanceof HttpError && error.status === 401)) throw error;
  }
  call.forget(NAME);
  return ask(await authorization(call));
};
