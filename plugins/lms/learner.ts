import { type Call, HttpError, joinUrl, type Out, TerminalError, z } from 'commerce-coordinator/sdk';
import type { Settings } from './settings.ts';
import { withToken } from './token.ts';

const Account = z.object({
  username: z.string().min(1),
  email: z.string(),
  name: z.string().nullish(),
  country: z.string().nullish(),
});

/** The account of an LMS user id. Throws a TerminalError where there is none. */
export const accountOf = async (learner: string, call: Call<Settings>): Promise<z.output<typeof Account>> => {
  const url = joinUrl(call.settings.url, 'api/user/v1/accounts');
  url.searchParams.set('lms_user_id', learner);
  const accounts = await withToken(call, (authorization) =>
    call.http.json(z.array(Account), { method: 'GET', url, headers: { authorization } }),
  ).catch((error: unknown) => {
    if (error instanceof HttpError && error.status === 404) return [];
    throw error;
  });
  const [account] = accounts;
  if (!account) {
    throw new TerminalError(
      'learner.unknown',
      `The LMS has no account with the user id ${learner}. Was it retired?`,
    );
  }
  return account;
};

export const readLearner = async (
  { learner }: { learner: string },
  call: Call<Settings>,
): Promise<Out<'learner.read'>> => {
  const { username, email, name, country } = await accountOf(learner, call);
  return { username, email, name: name || username, ...(country && { country }) };
};
