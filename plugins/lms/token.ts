import { type Call, joinUrl, withClientCredentials } from 'commerce-coordinator/sdk';
import type { Settings } from './settings.ts';

/** Asks the LMS as the service user, with a token that the LMS itself issues. */
export const withToken = <T>(
  call: Call<Settings>,
  ask: (authorization: string) => Promise<T>,
): Promise<T> => {
  const { url, clientId, clientSecret } = call.settings;
  const tokenUrl = joinUrl(url, 'oauth2/access_token');
  return withClientCredentials(call, { tokenUrl, clientId, clientSecret, scheme: 'JWT' }, ask);
};
