import type { Answer } from '../kit/answer.ts';
import type { Call } from '../kit/start-peer.ts';
import { problem } from './problems.ts';

export type Idempotency = {
  readonly run: (call: Call, work: () => Promise<Answer>) => Promise<Answer>;
  /** The end of the key's lifetime (24 hours at Stripe): what was stored is forgotten, for one key or for all. */
  readonly expire: (key?: string) => void;
  readonly clear: () => void;
};

type Kept = { readonly print: string; answer?: Answer };

/** Idempotency-Keys as Stripe keeps them: bound to the parameters, status and body stored, 500s included. */
export const createIdempotency = (): Idempotency => {
  const kept = new Map<string, Kept>();
  return {
    run: async (call, work) => {
      const key = call.headers['idempotency-key'];
      if (call.method !== 'POST' || !key) return execute(call, work);
      const print = `${call.path}\n${canonical(call.body)}`;
      const old = kept.get(key);
      if (old) return replay(key, print, old);

      const mine: Kept = { print };
      kept.set(key, mine);
      const answer = await execute(call, work);
      if (!answer.beforeWork) mine.answer = answer;
      // A reset or expiry may have taken the slot away meanwhile; then it is no longer ours to delete.
      else if (kept.get(key) === mine) kept.delete(key);
      return answer;
    },
    expire: (key) => {
      for (const [name, { answer }] of [...kept]) if (answer && (!key || name === key)) kept.delete(name);
    },
    clear: () => kept.clear(),
  };
};

const replay = (key: string, print: string, { print: first, answer }: Kept): Answer => {
  if (print !== first) {
    const message = `Keys for idempotent requests can only be used with the same parameters they were first used with. Try using a key other than '${key}' if you meant to execute a different request.`;
    return problem(400, { type: 'idempotency_error', message });
  }
  if (!answer) {
    const message = `There is currently another in-progress request using this Idempotent Key '${key}'.`;
    return problem(409, { type: 'idempotency_error', code: 'idempotency_key_in_use', message });
  }
  return { ...answer, headers: { ...answer.headers, 'idempotent-replayed': 'true' } };
};

const execute = async ({ fault }: Call, work: () => Promise<Answer>): Promise<Answer> => {
  if (fault?.spec.kind !== 'stored-500') return work();
  if (fault.spec.worked) await work();
  fault.observe();
  const failed = problem(500, { type: 'api_error', message: 'An unknown error occurred' });
  return { ...failed, headers: { 'stripe-should-retry': 'false' } };
};

/** The same parameters in another order are the same parameters. */
const canonical = (value: unknown): string =>
  JSON.stringify(value, (_key, part: unknown) =>
    part && typeof part === 'object' && !Array.isArray(part)
      ? Object.fromEntries(Object.entries(part).sort(([a], [b]) => (a < b ? -1 : 1)))
      : part,
  ) ?? '';
