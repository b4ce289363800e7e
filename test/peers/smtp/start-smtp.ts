/**
 * Stands for a mail server that takes our mails: SMTP on one port, the peer's ledger and controls over HTTP on another.
 *
 * True to it: the real protocol by `smtp-server`; a message is received once its data has been taken, whatever the
 * answer; a refusal is a reply code, 4xx to try again, 5xx never. A lost answer after DATA leaves the sender in doubt,
 * and a sender that tries again sends the mail twice, which the ledger shows.
 * Simplified: no TLS, no sign-in, no bounces, no attachments; every recipient exists; of MIME only what our mails use.
 * Faults are the kit's, with `match: { path: '/data' }`; `contains` looks at the whole message.
 */
import { text } from 'node:stream/consumers';
import type { AddressInfo } from 'node:net';
import { SMTPServer, type SMTPServerDataStream, type SMTPServerSession } from 'smtp-server';
import type { Faults } from '../kit/faults.ts';
import type { Ledger } from '../kit/ledger.ts';
import type { RequestLog } from '../kit/requests.ts';
import { startPeer, type Peer, type PeerOptions } from '../kit/start-peer.ts';
import { underFault, type Wire } from '../kit/under-fault.ts';
import { readMail } from './read-mail.ts';

export type SmtpFact = {
  readonly kind: 'mail-received';
  readonly messageId: string;
  readonly from: string;
  readonly to: readonly string[];
  readonly subject: string;
  readonly text: string;
};
export type SmtpPeer = Peer<SmtpFact> & { readonly smtpUrl: string };

export const startSmtp = async (
  options: PeerOptions & { readonly smtpPort?: number } = {},
): Promise<SmtpPeer> => {
  const parts: { context?: Pick<Peer<SmtpFact>, 'ledger' | 'faults' | 'requests'> } = {};
  const server: SMTPServer = new SMTPServer({
    disabledCommands: ['AUTH', 'STARTTLS'],
    disableReverseLookup: true,
    closeTimeout: 100,
    logger: false,
    onData: (stream, session, done) => {
      const { context } = parts;
      if (context) void answer(context, { stream, session, wire: wireOf(server, session) }, done);
    },
  });
  // A caller that goes away, or that we cut off, is no error of the peer.
  server.on('error', () => {});

  const peer = await startPeer<SmtpFact, object>(
    'smtp',
    ({ ledger, faults, requests, onStop }) => {
      parts.context = { ledger, faults, requests };
      onStop(() => new Promise<void>((resolve) => server.close(() => resolve())));
      return {};
    },
    { unsupported: ['stored-500', 'malformed'], ...options },
  );
  const port = await new Promise<number>((resolve, reject) => {
    server.server.once('error', reject);
    const listening = server.listen(options.smtpPort ?? 0, '127.0.0.1', () =>
      resolve((listening.address() as AddressInfo).port),
    );
  });
  return { ...peer, smtpUrl: `smtp://127.0.0.1:${port}` };
};

type Context = {
  readonly ledger: Ledger<SmtpFact>;
  readonly faults: Faults;
  readonly requests: RequestLog;
};
type Incoming = {
  readonly stream: SMTPServerDataStream;
  readonly session: SMTPServerSession;
  readonly wire: Wire;
};

const answer = async (context: Context, incoming: Incoming, done: (refusal: Error | null) => void) => {
  const outcome = await receive(context, incoming);
  if (outcome !== 'dropped') done(outcome);
};

/** Takes one message. Answers the refusal, null for success, or `dropped`. */
const receive = async (
  { ledger, faults, requests }: Context,
  { stream, session, wire }: Incoming,
): Promise<Error | null | 'dropped'> => {
  const raw = await text(stream);
  const entry = requests.open({ method: 'SMTP', path: '/data', query: '', text: raw });
  const fault = faults.take(entry);
  if (fault) entry.fault = fault.spec.kind;
  const { mailFrom, rcptTo } = session.envelope;
  const answer = await underFault(fault, wire, async (gate) => {
    await gate();
    const from = mailFrom ? mailFrom.address : '';
    ledger.add({
      kind: 'mail-received',
      from,
      to: rcptTo.map(({ address }) => address),
      ...readMail(raw),
    });
    return { status: 250 };
  });
  if (answer === 'dropped') {
    entry.status = 'dropped';
    return answer;
  }
  entry.status = answer.status;
  if (answer.status < 400) return null;
  return Object.assign(new Error('peer fault'), { responseCode: smtpCode(answer.status) });
};

/** The kit's faults default to HTTP's 503 and 500; here these mean: try again later. */
const smtpCode = (status: number) => (status === 503 || status === 500 ? 451 : status);

const wireOf = ({ connections }: SMTPServer, { id }: SMTPServerSession): Wire => {
  const socket = () => [...connections].find((connection) => connection.session.id === id)?._socket;
  return {
    isOpen: () => socket()?.destroyed === false,
    close: () => void socket()?.destroy(),
    reset: () => void socket()?.resetAndDestroy(),
  };
};
