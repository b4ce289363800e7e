import type { DataConverter } from '@temporalio/common';
import { Client, Connection, defaultGrpcRetryOptions, makeGrpcRetryInterceptor } from '@temporalio/client';

/**
 * Connects on first use, so that a start is accepted while Temporal is away. Three attempts per call instead of ten: a
 * caller is told `queued` at once, and the connection tries again every two seconds.
 */
export const openTemporal = (address: string, namespace: string, dataConverter: DataConverter = {}): Client =>
  new Client({
    connection: Connection.lazy({
      address,
      interceptors: [makeGrpcRetryInterceptor(defaultGrpcRetryOptions({ maxAttempts: 3 }))],
      channelArgs: { 'grpc.max_reconnect_backoff_ms': 2_000 },
    }),
    namespace,
    dataConverter,
  });
