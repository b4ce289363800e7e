import { z } from 'commerce-coordinator/sdk';

export const Settings = z.strictObject({
  url: z.url(),
  apiKey: z.string().min(1),
});
export type Settings = z.output<typeof Settings>;
