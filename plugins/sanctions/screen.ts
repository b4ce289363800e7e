import { type Call, type In, joinUrl, type Out, RetryableError, z } from 'commerce-coordinator/sdk';
import type { Settings } from './settings.ts';

type Screened = Out<'sanctions.screen'>;

const Screening = z.object({ status: z.string() });
const DECIDED = new Set<string>(['clear', 'hit', 'review']);
const isDecided = (status: string): status is Screened['status'] => DECIDED.has(status);

/** No answer is never `clear`, and neither is a word that we do not know: a person must decide. */
export const screenLearner = async (
  { purchase, name, country }: In<'sanctions.screen'>,
  { settings, http, log }: Call<Settings>,
): Promise<Screened> => {
  try {
    const { status } = await http.json(Screening, {
      method: 'PUT',
      url: joinUrl(settings.url, `v1/screenings/${encodeURIComponent(purchase)}`),
      headers: { 'x-api-key': settings.apiKey },
      body: { name, ...(country && { country }) },
      // The same screening under the same reference again: a PUT that may be repeated at will.
      changesNothing: true,
    });
    if (isDecided(status)) return { status };
    log.warn({ status }, 'Sanctions answered a status that this plugin does not know: a person must decide.');
    return { status: 'review' };
  } catch (error) {
    const isSilent =
      error instanceof RetryableError && ['service.unavailable', 'service.throttled'].includes(error.code);
    if (!isSilent) throw error;
    log.warn({ code: error.code }, 'Sanctions did not answer: the flow looks again.');
    return { status: 'unavailable' };
  }
};
