/**
 * Stands for a sanctions-screening Service (the original asked the US trade department's list through one).
 *
 * A screening is a PUT under a reference of the caller's, so that a repeat asks the same question and gets the same
 * answer; a name on a list is a `hit`, a doubtful one is `review` until a person decides. A changed name or country under the same
 * reference is screened anew.
 * Simplified: exact names, compared without case; countries are stored and judge nothing; no list versions, no scores, no monitoring
 * of people who were clear once. Rules and decisions come from the tests, through the control routes or in process.
 */
import { z } from 'zod';
import { ok } from './kit/answer.ts';
import { startPeer, type Call, type Peer, type PeerOptions } from './kit/start-peer.ts';

const Status = z.enum(['clear', 'hit', 'review']);
export type ScreeningStatus = z.output<typeof Status>;
const Screening = z.strictObject({ name: z.string().min(1), country: z.string().optional() });
const Decision = z.strictObject({ status: z.enum(['clear', 'hit']) });
const Rule = z.strictObject({ name: z.string(), status: Status });

/** `screened`: each question that was asked, repeats of the same question left out. */
export type SanctionsFact = {
  readonly kind: 'screened' | 'decided';
  readonly reference: string;
  readonly status: ScreeningStatus;
};
export type SanctionsPeer = Peer<SanctionsFact> & {
  /** From now on this name is screened so. */
  readonly setRule: (rule: z.output<typeof Rule>) => void;
  /** What the person decides who reviews it. */
  readonly decide: (reference: string, status: 'clear' | 'hit') => void;
};

export const startSanctions = (
  { apiKey }: { readonly apiKey: string },
  options: PeerOptions = {},
): Promise<SanctionsPeer> =>
  startPeer<SanctionsFact, Omit<SanctionsPeer, keyof Peer<SanctionsFact>>>(
    'sanctions',
    ({ ledger, on, control, onReset }) => {
      const rules = new Map<string, ScreeningStatus>();
      const kept = new Map<string, { readonly asked: string; readonly status: ScreeningStatus }>();
      const setRule = ({ name, status }: z.output<typeof Rule>) => void rules.set(name.toLowerCase(), status);
      const begin = () => {
        [rules, kept].forEach((map) => map.clear());
        setRule({ name: 'Mallory Listed', status: 'hit' });
        setRule({ name: 'Robin Doubt', status: 'review' });
      };
      begin();
      onReset(begin);

      const decide = (reference: string, status: 'clear' | 'hit') => {
        const screening = kept.get(reference);
        if (!screening) throw new Error(`No screening '${reference}' was asked for.`);
        kept.set(reference, { ...screening, status });
        ledger.add({ kind: 'decided', reference, status });
      };
      const known = ({ headers }: Call) => headers['x-api-key'] === apiKey;

      on('PUT /v1/screenings/:reference', (call) => {
        if (!known(call)) return unknownCaller;
        const read = Screening.safeParse(call.body);
        if (!read.success) return { status: 422, body: { message: z.prettifyError(read.error) } };
        const { reference = '' } = call.params;
        const asked = JSON.stringify([read.data.name, read.data.country]);
        const old = kept.get(reference);
        if (old?.asked === asked) return ok({ reference, status: old.status });
        const status = rules.get(read.data.name.toLowerCase()) ?? 'clear';
        kept.set(reference, { asked, status });
        ledger.add({ kind: 'screened', reference, status });
        return ok({ reference, status });
      });
      on('GET /v1/screenings/:reference', (call) => {
        if (!known(call)) return unknownCaller;
        const { reference = '' } = call.params;
        const old = kept.get(reference);
        return old
          ? ok({ reference, status: old.status })
          : { status: 404, body: { message: 'unknown reference' } };
      });
      control('POST /_peer/rules', ({ body }) => {
        setRule(Rule.parse(body));
        return ok({});
      });
      control('POST /_peer/screenings/:reference/decide', ({ params, body }) => {
        decide(params['reference'] ?? '', Decision.parse(body).status);
        return ok({});
      });
      return { setRule, decide };
    },
    options,
  );

const unknownCaller = { status: 401, body: { message: 'unknown X-Api-Key' } };
