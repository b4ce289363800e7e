import { ok } from '../peers/kit/answer.ts';
import { startPeer, type Peer } from '../peers/kit/start-peer.ts';

export type AcmeFact =
  | { readonly kind: 'scored'; readonly name: string }
  | { readonly kind: 'mailed'; readonly to: string; readonly subject: string };

/** The Service of the plugins that are no part of this repository. */
export const startAcme = (): Promise<Peer<AcmeFact>> =>
  startPeer<AcmeFact, object>('acme', ({ ledger, on }) => {
    on('GET /v1/risk', ({ query, headers }) => {
      if (headers['x-acme-key'] !== 'acme-key') return { status: 401, body: { message: 'unknown key' } };
      const name = String(query['name']);
      ledger.add({ kind: 'scored', name });
      return ok({ risk: name === 'Mallory Listed' ? 99 : 3 });
    });
    // Refuses every first mail as a duplicate would be: the plugin must know the SDK's error by its class.
    on('POST /v1/mails', ({ body }) => {
      const { to, subject } = body as { to: string; subject: string };
      ledger.add({ kind: 'mailed', to, subject });
      return { status: 409, body: { message: 'sent already' } };
    });
    return {};
  });
