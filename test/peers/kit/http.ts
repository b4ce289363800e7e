import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import express, { type Express, type Request, type Response } from 'express';
import { z } from 'zod';
import { Refusal, type Answer } from './answer.ts';
import type { ArmedFault } from './faults.ts';
import type { RequestEntry } from './requests.ts';
import type { Wire } from './under-fault.ts';

/** One call as a handler sees it. `body` is parsed JSON or form, `text` what was on the wire. */
export type Call = {
  readonly method: string;
  readonly path: string;
  readonly params: Readonly<Record<string, string>>;
  readonly query: Readonly<Record<string, unknown>>;
  readonly headers: Readonly<Record<string, string | undefined>>;
  readonly body: unknown;
  readonly text: string;
  readonly fault: ArmedFault | undefined;
};
export type Handler = (call: Call) => Answer | Promise<Answer>;
const bodies = new WeakMap<object, string>();
export const createApp = (): Express => {
  const app = express();
  const verify = (req: object, _res: unknown, raw: Buffer) => void bodies.set(req, raw.toString());
  app.disable('x-powered-by').disable('etag').set('query parser', 'extended');
  app.use(express.json({ verify, limit: '1mb' }), express.urlencoded({ extended: true, verify }));
  return app;
};

export const addRoute = (
  app: Express,
  route: string,
  serve: (req: Request, res: Response) => Promise<void>,
) => {
  const [method = '', path = ''] = route.split(' ');
  app.route(path)[z.enum(['get', 'post', 'put', 'delete']).parse(method.toLowerCase())](serve);
};

const decoded = (path: string) => {
  try {
    return decodeURIComponent(path);
  } catch {
    return path;
  }
};

export const readCalled = (req: Request) => ({
  method: req.method,
  path: decoded(req.path),
  query: decoded(req.originalUrl.split('?')[1] ?? ''),
  text: bodies.get(req) ?? '',
  key: req.get('idempotency-key'),
});

export const readCall = (req: Request, fault: ArmedFault | undefined): Call => ({
  ...readCalled(req),
  params: z.record(z.string(), z.string()).parse(req.params),
  query: req.query,
  headers: Object.fromEntries(Object.entries(req.headers).map(([name, value]) => [name, String(value)])),
  body: req.body,
  fault,
});

export const refusable = async (handler: Handler, call: Call): Promise<Answer> => {
  try {
    return await handler(call);
  } catch (error) {
    if (error instanceof Refusal) return error.answer;
    // Wrong control calls and our own bugs: loud, and never mistaken for what the Service would say.
    if (error instanceof z.ZodError) return { status: 400, body: { message: z.prettifyError(error) } };
    process.stderr.write(`peer bug at ${call.method} ${call.path}: ${String(error)}\n`);
    return { status: 500, body: { message: `peer bug: ${String(error)}` } };
  }
};

export const httpWire = (req: Request): Wire => ({
  isOpen: () => !req.socket.destroyed,
  close: () => void req.socket.destroy(),
  reset: () => void req.socket.resetAndDestroy(),
});

/** Writes the answer into the log and to the caller, if it is still there. */
export const finish = (entry: RequestEntry, answer: Answer | 'dropped', res: Response) => {
  if (answer === 'dropped') entry.status = 'dropped';
  else if (res.socket?.destroyed !== false) entry.status = 'gone';
  else {
    entry.status = answer.status;
    send(res, answer);
  }
};

export const send = (res: Response, { status, body, headers = {} }: Answer) => {
  res.status(status).set({ ...headers });
  if (body === undefined) res.end();
  else if (typeof body === 'string') res.type('json').send(body);
  else res.json(body);
};

/** Listens on 127.0.0.1; `close` cuts every connection. */
export const openServer = async (app: Express, port: number) => {
  const server = createServer(app);
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, '127.0.0.1', resolve);
  });
  const bound = (server.address() as AddressInfo).port;
  const close = () =>
    new Promise<void>((resolve) => {
      server.close(() => resolve());
      server.closeAllConnections();
    });
  return { port: bound, url: `http://127.0.0.1:${bound}`, close };
};
