import type { Client } from '@temporalio/client';
import type { PayloadCodec } from '@temporalio/common';
import express, { type Express, Router } from 'express';
import helmet from 'helmet';
import type { Logger } from 'pino';
import type { Wiring } from '../config/wiring.ts';
import type { Journal } from '../journal/connect.ts';
import type { Violation } from '../journal/violations.ts';
import type { Authenticate } from './http/auth.ts';
import { onlyMethods, problemHandler, unknownPath } from './http/problem-handler.ts';
import { requestId } from './http/request-id.ts';
import { requestLog } from './http/request-log.ts';
import type { Read } from './payment-secret.ts';
import { allowTemporalUi, codecRoute } from './routes/codec.ts';
import { flowRoute } from './routes/flows.ts';
import { liveRoute, type Probes, readyRoute } from './routes/health.ts';
import { incomingRoute, rawBody } from './routes/incoming.ts';
import { messageRoute } from './routes/messages.ts';
import { violationsRoute } from './routes/ops.ts';
import { problemRoute } from './routes/problems.ts';
import { startRoute } from './routes/start.ts';
import { steerRoute } from './routes/steer.ts';

export interface AppDeps {
  readonly journal: Journal;
  readonly temporal: Client;
  readonly taskQueuePrefix: string;
  readonly wiring: Pick<Wiring, 'flows' | 'incoming'>;
  readonly authenticate: Authenticate;
  /** Runs a read Action; the API reads client secrets with it and keeps them nowhere. */
  readonly read: Read;
  /** Signs what operators do, so that a flow knows them from users of the Temporal UI. */
  readonly steeringSecret: string | undefined;
  /** What Temporal's UI and CLI decode with; none where nothing is encrypted. */
  readonly payloadCodecs?: readonly PayloadCodec[] | undefined;
  /** The one origin whose pages may ask for that. */
  readonly temporalUiOrigin?: string | undefined;
  readonly violations: () => Promise<readonly Violation[]>;
  readonly probes: Probes;
  readonly log: Logger;
  /** Work that goes on after its request was answered; whoever closes the journal waits for it. Must not reject. */
  readonly background: (work: Promise<unknown>) => void;
  readonly isStopping: () => boolean;
  /** How long a start waits for the flow's answer, in all. Default 5000. */
  readonly answerWithinMs?: number;
  /** After this, a start is taken over from a process that was lost. Default 10000; longer than `answerWithinMs`. */
  readonly startLeaseMs?: number;
}

/** The HTTP API. Every error that leaves it is problem details with a code of contracts/errors.ts. */
export const createApp = (deps: AppDeps): Express => {
  const app = express();
  app.disable('x-powered-by');
  app.disable('etag');
  app.set('query parser', 'simple');
  app.use(requestId, requestLog(deps.log), helmet({ contentSecurityPolicy: { directives: API_POLICY } }));
  app.use(routes(deps), unknownPath, problemHandler(deps.log));
  return app;
};

const API_POLICY = { defaultSrc: ["'none'"], frameAncestors: ["'none'"] };

const routes = (deps: AppDeps): Router => {
  const router = Router({ strict: true, caseSensitive: true });
  const get = onlyMethods('GET, HEAD');
  const post = onlyMethods('POST');
  // Two resources with one form of path: `POST …/{type}` starts a flow, `GET …/{id}` reads one.
  router
    .route('/v1/flows/:typeOrId')
    .get(flowRoute(deps))
    .post(startRoute(deps))
    .all(onlyMethods('GET, HEAD, POST'));
  router.route('/v1/flows/:id/messages/:name').post(messageRoute(deps)).all(post);
  router.route('/v1/incoming/:resource').post(rawBody, incomingRoute(deps)).all(post);
  router.route('/v1/ops/violations').get(violationsRoute(deps)).all(get);
  router.route('/v1/ops/codec/:way').all(allowTemporalUi(deps)).post(codecRoute(deps)).all(post);
  router.route('/v1/ops/flows/:id/:verb').post(steerRoute(deps)).all(post);
  router.route('/problems/:code').get(problemRoute).all(get);
  router.route('/health/live').get(liveRoute).all(get);
  router.route('/health/ready').get(readyRoute(deps)).all(get);
  return router;
};
