import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { setTimeout as pause } from 'node:timers/promises';

/** A call that reached the Service. `body` is parsed JSON or a form's fields. */
export interface ServiceCall {
  readonly params: Readonly<Record<string, string>>;
  readonly query: URLSearchParams;
  readonly headers: Readonly<Record<string, string | undefined>>;
  readonly body: unknown;
}
export interface ServiceAnswer {
  readonly status: number;
  /** Sent as JSON; text is sent as it is. */
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
}

/** What goes wrong with the next call that fits. `…-after`: the work is done first. */
export interface ServiceFault {
  readonly match: { readonly method?: string; readonly path?: string };
  readonly kind: 'drop-after' | 'reset-after' | 'delay' | 'status' | 'status-after' | 'malformed';
  readonly ms?: number;
  readonly status?: number;
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
}
export interface ArmedServiceFault {
  /** How often it happened. A test that armed a fault asserts this. */
  readonly observed: number;
}

/** A Service for one test, over real HTTP on 127.0.0.1: it does what its routes do, and fails on request. */
export interface TestService extends AsyncDisposable {
  readonly url: string;
  readonly faults: { arm(fault: ServiceFault): ArmedServiceFault };
  stop(): Promise<void>;
}

type Route = (call: ServiceCall) => ServiceAnswer;
interface Armed {
  readonly fault: ServiceFault;
  live: boolean;
  observed: number;
}

/** Starts it. A route reads `'POST /v1/things/:id'`; other paths are 404. */
export const startService = async (routes: Readonly<Record<string, Route>>): Promise<TestService> => {
  const armed: Armed[] = [];
  const server = createServer((request, response) => {
    void answer(request, response, { routes, armed }).catch((error: unknown) =>
      send(response, { status: 500, body: { message: `a bug of the test: ${String(error)}` } }),
    );
  });
  await new Promise<void>((ready) => server.listen(0, '127.0.0.1', ready));
  const stop = async (): Promise<void> => {
    const closed = new Promise<void>((done) => server.close(() => done()));
    server.closeAllConnections();
    await closed;
  };
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    faults: {
      arm(fault) {
        const one: Armed = { fault, live: true, observed: 0 };
        armed.push(one);
        return one;
      },
    },
    stop,
    [Symbol.asyncDispose]: stop,
  };
};

const answer = async (
  request: IncomingMessage,
  response: ServerResponse,
  { routes, armed }: { readonly routes: Readonly<Record<string, Route>>; readonly armed: readonly Armed[] },
): Promise<void> => {
  const { method = 'GET', headers } = request;
  const { pathname, searchParams: query } = new URL(request.url ?? '/', 'http://service');
  const body = read(await text(request), headers['content-type']);
  const given = Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, String(value)]));
  const work = (): ServiceAnswer => {
    const route = routeOf(routes, method, pathname);
    if (!route) return { status: 404, body: { message: `no ${method} ${pathname}` } };
    return route.serve({ params: route.params, query, headers: given, body });
  };
  const hit = armed.find(
    ({ live, fault: { match } }) =>
      live && (match.method ?? method) === method && pathname.startsWith(match.path ?? '/'),
  );
  if (!hit) return send(response, work());
  hit.live = false;
  hit.observed += 1;
  return fail(response, hit.fault, work);
};

const fail = async (
  response: ServerResponse,
  { kind, ms = 1_000, status, body, headers = {} }: ServiceFault,
  work: () => ServiceAnswer,
): Promise<void> => {
  switch (kind) {
    case 'drop-after':
      work();
      response.socket?.destroy();
      return;
    case 'reset-after':
      work();
      response.socket?.resetAndDestroy();
      return;
    case 'delay':
      await pause(ms);
      return send(response, work());
    case 'status':
      return send(response, { status: status ?? 503, body: body ?? {}, headers });
    case 'status-after':
      work();
      return send(response, { status: status ?? 500, body: body ?? {}, headers });
    case 'malformed':
      return send(response, { ...work(), body: body ?? {} });
  }
};

const send = (response: ServerResponse, { status, body, headers = {} }: ServiceAnswer): void => {
  if (response.destroyed) return;
  response.writeHead(status, { 'content-type': 'application/json', ...headers });
  response.end(typeof body === 'string' ? body : JSON.stringify(body ?? {}));
};

const read = (body: string, type = ''): unknown => {
  if (body === '') return undefined;
  return type.includes('form') ? Object.fromEntries(new URLSearchParams(body)) : JSON.parse(body);
};

const routeOf = (
  routes: Readonly<Record<string, Route>>,
  method: string,
  pathname: string,
): { readonly serve: Route; readonly params: Record<string, string> } | undefined => {
  const parts = pathname.split('/').map(decodeURIComponent);
  for (const [route, serve] of Object.entries(routes)) {
    const [verb, path = ''] = route.split(' ');
    const wanted = path.split('/');
    const fits = wanted.every((part, index) => part.startsWith(':') || part === parts[index]);
    if (verb !== method || wanted.length !== parts.length || !fits) continue;
    const params = wanted.flatMap((part, index) =>
      part.startsWith(':') ? [[part.slice(1), parts[index] ?? '']] : [],
    );
    return { serve, params: Object.fromEntries(params) as Record<string, string> };
  }
  return undefined;
};
