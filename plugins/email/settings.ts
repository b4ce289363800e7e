import { z } from 'commerce-coordinator/sdk';

export const Settings = z.strictObject({
  /** `smtp://user:password@host:port`, or `smtps://` for TLS from the first byte. */
  url: z.url({ protocol: /^smtps?$/ }),
  from: z.email(),
});
export type Settings = z.output<typeof Settings>;
