import { type Call, z } from 'commerce-coordinator/sdk';

// An environment variable holds one text: several secrets stand in it with commas between.
const Secrets = z
  .union([z.array(z.string()), z.string()])
  .transform((value) =>
    (typeof value === 'string' ? value.split(',') : value).map((secret) => secret.trim()).filter(Boolean),
  )
  .pipe(z.array(z.string()).min(1, 'at least one webhook secret, such as whsec_…'));

export const Settings = z.strictObject({
  url: z.url().default('https://api.stripe.com'),
  secretKey: z.string().min(1),
  publishableKey: z.string().min(1),
  /** All secrets that are active: two while one is being rolled. */
  webhookSecrets: Secrets,
  /** Default: the version that the client library was made for. */
  apiVersion: z.string().optional(),
});
export type Settings = z.output<typeof Settings>;
export type StripeCall = Call<Settings>;
