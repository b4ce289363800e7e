import { type Call, withClientCredentials } from 'commerce-coordinator/sdk';
import type { Settings } from './settings.ts';

/** Asks the catalog as the service user, with a token of the LMS. */
export const withToken = <T>(call: Call<Settings>, ask: (authorization: string) => Promise<T>): Promise<T> =>
  withClientCredentials(call, { ...call.settings, scheme: 'JWT' }, ask);
