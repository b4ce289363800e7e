import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** What the toy does with the next write: the ways in which an answer gets lost. */
export type Weather =
  | 'fine'
  | 'refused' // 400: certainly not done
  | 'throttled' // 429: certainly not done
  | 'dropped-before' // the connection closes, nothing was done
  | 'dropped-after' // done, the answer is lost
  | 'error-after' // done, answers 500
  | 'late' // done only after the caller has given up
  | 'nonsense'; // done, answers something else

export interface ToyService {
  readonly url: string;
  /** Keys of the work that was really done, in order. */
  readonly done: readonly string[];
  /** Faults that really happened. */
  readonly observed: ReadonlyMap<Weather, number>;
  /** Set before each call; used up one by one, then it is fine. */
  readonly weather: Weather[];
  /** For how long a look-up still answers "absent" although the work is done. */
  lagMs: number;
  /** Whether it does a key's work once only. */
  honoursKeys: boolean;
  reset(): void;
  stop(): Promise<void>;
}

const ANSWERS: Readonly<
  Record<Exclude<Weather, 'late' | 'dropped-before' | 'dropped-after'>, [number, object]>
> = {
  fine: [200, { thing: 'done' }],
  refused: [400, {}],
  throttled: [429, {}],
  'error-after': [500, {}],
  nonsense: [200, { nothing: true }],
};

/** A Service with one write (`POST /do`) and one look-up (`GET /done`). `lateMs`: how long a late write takes. */
export const startToyService = async (lateMs: number): Promise<ToyService> => {
  const done: string[] = [];
  const observed = new Map<Weather, number>();
  const weather: Weather[] = [];
  const timers = new Set<NodeJS.Timeout>();
  const toy = { done, observed, weather, lagMs: 0, lastDoneAt: 0, honoursKeys: false };

  const work = (key: string): void => {
    if (toy.honoursKeys && done.includes(key)) return;
    done.push(key);
    toy.lastDoneAt = performance.now();
  };
  const answer = (response: ServerResponse, status: number, body: unknown): void =>
    void response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));

  const write = (request: IncomingMessage, response: ServerResponse, key: string): void => {
    const now = weather.shift() ?? 'fine';
    observed.set(now, (observed.get(now) ?? 0) + 1);
    if (now === 'late') return void timers.add(setTimeout(() => work(key), lateMs));
    if (['fine', 'dropped-after', 'error-after', 'nonsense'].includes(now)) work(key);
    if (now === 'dropped-before' || now === 'dropped-after') return void request.socket.destroy();
    const [status, body] = ANSWERS[now];
    answer(response, status, body);
  };
  const server = createServer((request, response) => {
    const url = new URL(request.url ?? '/', 'http://toy');
    if (request.method !== 'GET') return write(request, response, url.searchParams.get('key') ?? '');
    const visible = performance.now() >= toy.lastDoneAt + toy.lagMs;
    return answer(response, 200, { count: visible ? done.length : 0 });
  });
  await new Promise<void>((ready) => server.listen(0, '127.0.0.1', ready));
  return Object.assign(toy, {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    reset() {
      for (const timer of timers) clearTimeout(timer);
      timers.clear();
      done.splice(0);
      weather.splice(0);
      observed.clear();
      toy.lagMs = 0;
    },
    async stop() {
      for (const timer of timers) clearTimeout(timer);
      server.closeAllConnections();
      await new Promise((closed) => server.close(closed));
    },
  });
};
