import { z } from 'commerce-coordinator/sdk';

export const Settings = z.strictObject({
  /** Discovery's root, such as `https://discovery.example.com`. */
  url: z.url(),
  /** Where tokens come from: the LMS's `/oauth2/access_token`. */
  tokenUrl: z.url(),
  clientId: z.string().min(1),
  clientSecret: z.string().min(1),
});
export type Settings = z.output<typeof Settings>;
