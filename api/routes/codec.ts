import express, { type Request, type RequestHandler, type Response } from 'express';
import { z } from 'zod';
import type { AppDeps } from '../app.ts';
import { validBody } from '../http/json-body.ts';
import { Problem } from '../http/problem.ts';
import { requestIdOf } from '../http/request-id.ts';

// Two payloads of Temporal's largest size fit, and more than a page of a usual history.
const LIMIT = '8mb';
const parse = express.json({ limit: LIMIT, strict: true, inflate: false });

const Bytes = z.base64().transform((text) => new Uint8Array(Buffer.from(text, 'base64')));
/** Protobuf's JSON of temporal.api.common.v1.Payloads. Fields of newer versions are no reason to show nothing. */
const Payloads = z.object({
  payloads: z
    .array(
      z
        .object({ metadata: z.record(z.string(), Bytes).default({}), data: Bytes.nullish() })
        .transform(({ metadata, data = null }) => ({ metadata, data })),
    )
    .max(20_000)
    .default([]),
});
type JsonPayload = z.input<typeof Payloads>;

/** Answers a browser's preflight, and lets pages of the configured origin read our answers; no other origin. */
export const allowTemporalUi =
  ({ temporalUiOrigin }: AppDeps): RequestHandler =>
  (req, res, next) => {
    res.vary('Origin');
    const isTemporalUi = temporalUiOrigin !== undefined && req.get('origin') === temporalUiOrigin;
    if (isTemporalUi) res.set('Access-Control-Allow-Origin', temporalUiOrigin);
    if (req.method !== 'OPTIONS' || !isTemporalUi) return next();
    res.set({
      'Access-Control-Allow-Methods': 'POST',
      'Access-Control-Allow-Headers': 'Authorization, Authorization-Extras, Content-Type, X-Namespace',
      'Access-Control-Max-Age': '600',
    });
    res.status(204).end();
  };

/** `POST /v1/ops/codec/{encode|decode}`, for operators: Temporal's protocol of a codec server, for its UI and CLI. */
export const codecRoute =
  ({ authenticate, payloadCodecs: [codec] = [], log }: AppDeps): RequestHandler =>
  async (req, res) => {
    const caller = await authenticate(req);
    if (!caller.roles.includes('operator')) throw new Problem('auth.forbidden', 'This is for operators.');
    const { way } = req.params;
    if (way !== 'encode' && way !== 'decode')
      throw new Problem('route.unknown', "There is 'encode' and 'decode'.");
    const { payloads } = validBody(Payloads, await readLargeJson(req, res));
    log.info(
      {
        requestId: requestIdOf(res),
        actor: caller.username,
        count: payloads.length,
        namespace: req.get('x-namespace')?.slice(0, 200),
      },
      `payloads ${way}d`,
    );
    // Without keys nothing is encrypted, and all is as it should be.
    const done = codec ? await codec[way](payloads).catch(refuse) : payloads;
    const answer: JsonPayload = {
      payloads: done.map(({ metadata, data }) => ({
        metadata: Object.fromEntries(
          Object.entries(metadata ?? {}).map(([name, value]) => [name, inBase64(value)]),
        ),
        ...(data && { data: inBase64(data) }),
      })),
    };
    res.set('Cache-Control', 'no-store').json(answer);
  };

const inBase64 = (bytes: Uint8Array): string => Buffer.from(bytes).toString('base64');

const refuse = (error: Error): never => {
  throw new Problem('request.invalid', error.message);
};

/** After authentication: nobody without a token makes us read. */
const readLargeJson = async (req: Request, res: Response): Promise<unknown> => {
  if (!req.is('application/json')) throw new Problem('request.wrong-content-type', 'Send application/json.');
  await new Promise<void>((done, fail) => {
    parse(req, res, (error?: unknown) => (error === undefined ? done() : fail(error as Error)));
  });
  return req.body as unknown;
};
