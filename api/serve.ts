import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface Served {
  readonly url: string;
  /** Takes no more requests, lets the running ones end, and after `graceMs` breaks what is left. */
  stop(graceMs: number): Promise<void>;
}

/** Listens. Rejects with one clear sentence when the address cannot be had. */
export const serve = async (
  app: RequestListener,
  at: { readonly host: string; readonly port: number },
): Promise<Served> => {
  const server = createServer(app);
  // Longer than a load balancer keeps an idle connection, so that it is the one to close it.
  server.keepAliveTimeout = 65_000;
  server.headersTimeout = 10_000;
  server.requestTimeout = 30_000;
  await new Promise<void>((done, fail) => {
    server.once('error', fail);
    server.listen(at.port, at.host, done);
  }).catch((error: Error & { code?: string }) => {
    const why =
      error.code === 'EADDRINUSE'
        ? 'is taken by another process'
        : `cannot be had (${error.code ?? error.message})`;
    throw new Error(`${at.host}:${at.port} ${why}. Set HOST and PORT to a free address.`, { cause: error });
  });
  const { address, port, family } = server.address() as AddressInfo;
  return {
    url: `http://${family === 'IPv6' ? `[${address}]` : address}:${port}`,
    async stop(graceMs) {
      const force = setTimeout(() => server.closeAllConnections(), graceMs);
      await new Promise<void>((done) => server.close(() => done()));
      clearTimeout(force);
    },
  };
};
