import type { Duration } from '../../contracts/define.ts';
import { millisecondsOf } from '../../contracts/duration.ts';
import { ParkError } from '../../contracts/failures.ts';
import type { WiredPlugin } from '../../config/wiring.ts';
import { createHttp, type GuardedHttp } from '../../plugins/sdk/http.ts';
import { patientTimeout } from '../../plugins/sdk/patient-timeout.ts';
import type { Call, Log } from '../../plugins/sdk/plugin.ts';
import type { z } from 'zod';

/** Who calls: the flow and its step, or the API. */
export interface Caller {
  readonly flow: { readonly type: string; readonly id: string; readonly step: string };
  readonly attempt: number;
  readonly abort: AbortSignal;
}

/** One call of one Implementation, and the client that knows whether a write may have arrived. */
export interface OpenCall {
  readonly call: Call<unknown>;
  readonly http: GuardedHttp;
}

type Kept = { readonly value: Promise<unknown>; readonly until: number };

/** Opens calls of the plugins. Values that plugins keep (`cached`) live as long as the process. */
export const createCalls = (log: Log) => {
  const kept = new Map<string, Kept>();

  const cached = async <T>(
    name: string,
    load: () => Promise<{ value: T; keepFor: Duration }>,
  ): Promise<T> => {
    const known = kept.get(name);
    if (known && known.until > performance.now()) return known.value as Promise<T>;
    const loading = load();
    const value = loading.then((loaded) => loaded.value);
    value.catch(() => undefined); // Whoever waits for it is told; nobody waiting is no crash.
    kept.set(name, { value, until: Infinity });
    try {
      const { keepFor } = await loading;
      kept.set(name, { value, until: performance.now() + millisecondsOf(keepFor) });
      return await value;
    } catch (error) {
      kept.delete(name);
      throw error;
    }
  };

  return (
    wired: WiredPlugin,
    caller: Caller,
    { key, startedAt }: { key: string; startedAt: number },
  ): OpenCall => {
    const { timeoutMs, startToCloseMs, leaseMs } = wired.limits;
    const http = createHttp({
      timeoutMs,
      deadline: startedAt + leaseMs,
      abort: AbortSignal.any([caller.abort, patientTimeout(startToCloseMs)]),
    });
    return {
      http,
      call: {
        settings: wired.settings,
        http,
        key,
        attempt: caller.attempt,
        abort: caller.abort,
        log,
        flow: caller.flow,
        cached: (name, load) => cached(`${wired.name}/${name}`, load),
        forget: (name) => void kept.delete(`${wired.name}/${name}`),
      },
    };
  };
};

/** Parses by the contract. Throws `service.malformed-answer`, which parks: nobody knows what such an answer means. */
export const parseOutput = (schema: z.ZodType, output: unknown, action: string): unknown => {
  const parsed = schema.safeParse(output);
  if (parsed.success) return parsed.data;
  throw new ParkError(
    'service.malformed-answer',
    `The answer of ${action} is not what its contract promises: ${parsed.error.message.slice(0, 500)}`,
  );
};
