import type { RequestHandler } from 'express';
import type { AppDeps } from '../app.ts';
import { within } from '../within.ts';

/** Resolves when the part answers. */
type Probe = () => Promise<unknown>;

export interface Probes {
  readonly mysql: Probe;
  readonly temporal: Probe;
  /** Its loss changes no outcome: degraded, and still ready. */
  readonly redis: Probe;
}

const PROBE_WITHIN_MS = 2_000;
const CACHED_FOR_MS = 2_000;

interface PartState {
  readonly state: 'up' | 'down';
  readonly ms: number;
}

const look = async (probe: Probe): Promise<PartState> => {
  const startedAt = performance.now();
  const answer = probe().then(
    () => 'up' as const,
    () => 'down' as const,
  );
  const state = await within(PROBE_WITHIN_MS, answer, 'down' as const);
  return { state, ms: Math.round(performance.now() - startedAt) };
};

/** `GET /health/live`: this process answers. */
export const liveRoute: RequestHandler = (_req, res) => {
  res.set('Cache-Control', 'no-store').json({ status: 'live' });
};

/** `GET /health/ready`: 503 while MySQL or Temporal is down, or while this process stops. */
export const readyRoute = ({
  probes,
  isStopping,
}: Pick<AppDeps, 'probes' | 'isStopping'>): RequestHandler => {
  const lookAtAll = async () => {
    const [mysql, temporal, redis] = await Promise.all([
      look(probes.mysql),
      look(probes.temporal),
      look(probes.redis),
    ]);
    return { mysql, temporal, redis };
  };
  let last: { readonly at: number; readonly parts: ReturnType<typeof lookAtAll> } | undefined;
  return async (_req, res) => {
    // One look serves everybody who asks meanwhile: a probe that hangs is not asked again and again.
    if (!last || Date.now() - last.at > CACHED_FOR_MS) last = { at: Date.now(), parts: lookAtAll() };
    const parts = await last.parts;
    const isReady = parts.mysql.state === 'up' && parts.temporal.state === 'up' && !isStopping();
    const status = isStopping()
      ? 'stopping'
      : !isReady
        ? 'down'
        : parts.redis.state === 'up'
          ? 'ready'
          : 'degraded';
    res
      .status(isReady ? 200 : 503)
      .set('Cache-Control', 'no-store')
      .json({ status, parts });
  };
};
