import { createHash } from 'node:crypto';
import express, { type Request, type RequestHandler } from 'express';
import type { WiredIncoming } from '../../config/wiring.ts';
import { deliver } from '../../journal/deliver.ts';
import { type NewEvent, readRecorded, recordEvent } from '../../journal/inbox.ts';
import type { News, RawRequest } from '../../plugins/sdk/plugin.ts';
import type { AppDeps } from '../app.ts';
import { Problem } from '../http/problem.ts';

const LIMIT = 256 * 1024;
/** As it came in: signatures are over these bytes. */
export const rawBody = express.raw({ type: () => true, limit: LIMIT, inflate: false });

const rawRequest = (req: Request): RawRequest => ({
  body: Buffer.isBuffer(req.body) ? req.body : Buffer.alloc(0),
  headers: Object.fromEntries(
    Object.entries(req.headers).map(([name, value]) => [
      name,
      Array.isArray(value) ? value.join(', ') : value,
    ]),
  ),
  query: new URL(req.originalUrl, 'http://localhost').searchParams,
});

const isGenuine = ({ incoming, settings }: WiredIncoming, request: RawRequest): boolean => {
  try {
    return incoming.verify(request, settings);
  } catch {
    return false;
  }
};

/** What a call says, each message as its flow's contract has it. Throws when it is not what the Service promises. */
const readNews = (
  deps: AppDeps,
  { incoming, settings }: WiredIncoming,
  request: RawRequest,
): readonly News[] =>
  incoming.read(request, settings).map((news) => {
    if ('ignore' in news) return news;
    const contracts = [...deps.wiring.flows.values()].map(({ contract }) => contract);
    const contract = contracts.find(({ messages }) => Object.hasOwn(messages, news.message));
    const data: unknown = contract?.messages[news.message]?.parse(news.data);
    if (!contract) throw new Error(`No flow takes a message '${news.message}'.`);
    return { ...news, data } as News;
  });

const toEvent = (
  news: News,
  { source, digest, service }: { source: string; digest: string; service: string },
): NewEvent => {
  const event = { source, id: news.id, digest, service };
  return 'ignore' in news
    ? { ...event, state: 'ignored', note: news.ignore }
    : { ...event, state: 'waiting', ...news.to, message: news.message, data: news.data };
};

/** The caller is answered already: what fails here is delivered by the sweeper. */
const deliverNew = async (deps: AppDeps, source: string, ids: readonly string[]): Promise<void> => {
  for (const id of ids) {
    try {
      const message = await readRecorded(deps.journal, source, id);
      if (message) await deliver(deps, message);
    } catch (error) {
      deps.log.warn(
        { source, code: 'journal.unavailable', err: String(error) },
        'message left to the sweeper',
      );
    }
  }
};

/** `POST /v1/incoming/{resource}`: recorded before it is acknowledged, delivered after. */
export const incomingRoute =
  (deps: AppDeps): RequestHandler =>
  async (req, res) => {
    const source = String(req.params['resource']);
    const wired = deps.wiring.incoming.get(source);
    if (!wired) throw new Problem('incoming.unknown', `Nobody receives '${source.slice(0, 64)}'.`);
    const request = rawRequest(req);
    const digest = createHash('sha256').update(request.body).digest('hex');
    const about = { source, digest, service: wired.service };
    const refuse = async (code: 'incoming.forged' | 'incoming.unreadable', note: string): Promise<never> => {
      await recordEvent(deps.journal, {
        ...about,
        id: `${code.slice('incoming.'.length)}:${digest}`,
        state: 'refused',
        note,
      });
      throw new Problem(code, note);
    };

    if (!isGenuine(wired, request)) return refuse('incoming.forged', 'The signature does not fit the body.');
    let news: readonly News[];
    try {
      news = readNews(deps, wired, request);
    } catch (error) {
      deps.log.warn(
        { source, digest, code: 'incoming.unreadable', err: String(error).slice(0, 500) },
        'signed call not understood',
      );
      return refuse('incoming.unreadable', 'The signed body is not what this resource knows.');
    }
    const fresh = await deps.journal.transaction(async (sql) => {
      const ids: string[] = [];
      for (const item of news) {
        if ((await recordEvent(sql, toEvent(item, about))) === 'new') ids.push(item.id);
      }
      return ids;
    });
    res
      .set('Cache-Control', 'no-store')
      .json({ received: fresh.length, duplicates: news.length - fresh.length });
    deps.background(deliverNew(deps, source, fresh));
  };
