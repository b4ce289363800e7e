import { readPaymentSecret } from '../contracts/actions/payment.ts';
import { within } from './within.ts';

/** Runs a read Action by today's wiring. */
export type Read = (action: 'payment.secret', input: unknown) => Promise<unknown>;

/** What a browser needs to confirm the payment, or the news that it cannot be had now. */
export type SecretFields =
  { readonly clientSecret: string; readonly publishableKey: string } | { readonly secretUnavailable: true };

const WITHIN_MS = 3_000;

/** Reads the client secret live: it stands in neither history nor journal. Never throws and never takes long. */
export const readSecret = async (read: Read, payment: string): Promise<SecretFields> => {
  const asked = Promise.resolve().then(() => read('payment.secret', { payment }));
  const found = await within(
    WITHIN_MS,
    asked.catch(() => undefined),
    undefined,
  );
  const parsed = readPaymentSecret.output.safeParse(found);
  return parsed.success ? parsed.data : { secretUnavailable: true };
};
