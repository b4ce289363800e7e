import type { Request, Response } from 'express';
import type { Answer } from './answer.ts';
import { addControls } from './controls.ts';
import { createFaults, type FaultRules, type Faults } from './faults.ts';
import {
  addRoute,
  createApp,
  finish,
  httpWire,
  openServer,
  readCall,
  readCalled,
  refusable,
  send,
  type Call,
  type Handler,
} from './http.ts';
import { createLedger, type Ledger, type LedgerFact } from './ledger.ts';
import { createRequestLog, type RequestLog } from './requests.ts';
import { underFault } from './under-fault.ts';

export type { Call, Handler };
export type Around = (call: Call, work: () => Promise<Answer>) => Promise<Answer>;

export type PeerContext<Fact extends LedgerFact> = {
  readonly ledger: Ledger<Fact>;
  readonly faults: Faults;
  readonly requests: RequestLog;
  /** A route of the Service: `on('POST /v1/orders', handler)`. Logged, and open to faults. */
  readonly on: (route: string, handler: Handler) => void;
  /** A route of the peer itself, under `/_peer`. Neither logged nor open to faults. */
  readonly control: (route: string, handler: Handler) => void;
  /** Wraps the work of all Service routes (idempotency). */
  readonly around: (wrap: Around) => void;
  readonly onReset: (reset: () => void) => void;
  readonly onStop: (stop: () => Promise<void>) => void;
};

export type Peer<Fact extends LedgerFact> = AsyncDisposable & {
  readonly name: string;
  readonly url: string;
  readonly port: number;
  readonly ledger: Ledger<Fact>;
  readonly faults: Faults;
  readonly requests: RequestLog;
  /** Back to the first day: ledger, requests, faults, state. */
  readonly reset: () => void;
  readonly stop: () => Promise<void>;
};

/** `port`: 0 or left out takes a free one. `unsupported`: faults that this peer cannot play. */
export type PeerOptions = { readonly port?: number } & Partial<FaultRules>;

/** Starts a Service on 127.0.0.1. What `define` returns (helpers of this peer) is part of the result. */
export const startPeer = async <Fact extends LedgerFact, Extra extends object>(
  name: string,
  define: (context: PeerContext<Fact>) => Extra,
  { port = 0, unsupported = ['stored-500'], errorBody = plainError }: PeerOptions = {},
): Promise<Peer<Fact> & Extra> => {
  const ledger = createLedger<Fact>();
  const faults = createFaults({ unsupported, errorBody });
  const requests = createRequestLog();
  const resets: (() => void)[] = [ledger.clear, faults.reset, requests.clear];
  const stops: (() => Promise<void>)[] = [];
  let wrap: Around = (_call, work) => work();
  const app = createApp();

  const control = (route: string, handler: Handler) =>
    addRoute(app, route, async (req, res) => send(res, await refusable(handler, readCall(req, undefined))));
  const reset = () => resets.forEach((undo) => undo());
  addControls(control, { ledger, faults, requests, reset });

  const serve = (handler: Handler) => async (req: Request, res: Response) => {
    const entry = requests.open(readCalled(req));
    const fault = faults.take(entry);
    if (fault) entry.fault = fault.spec.kind;
    const call = readCall(req, fault);
    const answer = await underFault(fault, httpWire(req), (gate) =>
      wrap(call, async () => {
        await gate();
        return refusable(handler, call);
      }),
    );
    finish(entry, answer, res);
  };
  const extra = define({
    ledger,
    faults,
    requests,
    control,
    on: (route, handler) => addRoute(app, route, serve(handler)),
    around: (around) => {
      wrap = around;
    },
    onReset: (undo) => resets.push(undo),
    onStop: (stop) => stops.push(stop),
  });
  app.use(
    serve(({ method, path }) => ({ status: 404, body: { message: `${name} has no ${method} ${path}` } })),
  );

  const server = await openServer(app, port);
  const stop = async () => {
    faults.clear();
    for (const end of stops) await end();
    await server.close();
  };
  const { url } = server;
  return {
    ...extra,
    ...{ name, url, port: server.port, ledger, faults, requests, reset, stop },
    [Symbol.asyncDispose]: stop,
  };
};

const plainError = (status: number) => ({ message: `peer fault: ${status}` });
