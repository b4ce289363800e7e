/** Tokens that say themselves when they end, so that a peer in another process can judge them. Worth nothing outside the tests. */
export const issueToken = (lifetimeSeconds: number): string =>
  `peer-token.${Date.now() + lifetimeSeconds * 1000}.${Math.random().toString(36).slice(2)}`;

/** The token of an `Authorization: JWT …` or `Bearer …` header, if it is one of ours and has not ended. */
export const liveToken = (authorization: string | undefined): string | undefined => {
  const [scheme, token] = (authorization ?? '').split(' ');
  const [name, ends] = (token ?? '').split('.');
  return ['JWT', 'Bearer'].includes(scheme ?? '') && name === 'peer-token' && Number(ends) > Date.now()
    ? token
    : undefined;
};
