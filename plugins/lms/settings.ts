import { z } from 'commerce-coordinator/sdk';

export const Settings = z.strictObject({
  /** The LMS's root, such as `https://courses.example.com`. */
  url: z.url(),
  clientId: z.string().min(1),
  clientSecret: z.string().min(1),
});
export type Settings = z.output<typeof Settings>;
