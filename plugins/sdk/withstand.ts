import { setTimeout as pause } from 'node:timers/promises';
import type { z } from 'zod';
import { ParkError, RetryableError } from '../../contracts/failures.ts';
import type { ActionName, In } from '../../contracts/index.ts';
import type { ServicePlugin } from './plugin.ts';
import { actionOf, callFor, doubtOf, type TestCall } from './test-call.ts';
import type { ArmedServiceFault, ServiceFault } from './test-service.ts';

/** How long a call may take under `late-success`, and how much later the Service does the work. */
const PATIENCE_MS = 250;
const LATE_MS = 600;

const FAULTS = {
  /** The work was done; the connection was closed before the answer. */
  'lost-answer': { kind: 'drop-after' },
  /** The same by a TCP reset. */
  reset: { kind: 'reset-after' },
  /** No answer in time; the work is done afterwards. */
  'late-success': { kind: 'delay', ms: LATE_MS },
  /** The work was done, and answered with 500. */
  'failed-after-work': { kind: 'status-after', status: 500 },
  /** Nothing was done: 429 with Retry-After. */
  'too-many-calls': { kind: 'status', status: 429, headers: { 'retry-after': '3' } },
  /** The work was done; the answer is no JSON. */
  'malformed-answer': { kind: 'malformed', body: '<html>' },
} as const satisfies Record<string, Omit<ServiceFault, 'match'>>;

export type FaultName = keyof typeof FAULTS;
/** Every fault that an Action must withstand. */
export const faultNames = Object.keys(FAULTS) as readonly FaultName[];

/** One Action about to be called once, and the one request of it that meets the fault. */
export interface Trial<N extends ActionName, S extends z.ZodType> {
  readonly plugin: ServicePlugin<S>;
  readonly settings: z.input<S>;
  readonly action: N;
  readonly input: In<N>;
  readonly peer: { readonly faults: { arm(fault: ServiceFault): ArmedServiceFault } };
  /** The request that does the work. `path`: how it begins. */
  readonly request: ServiceFault['match'];
  /** How often the Service did this work, by its own ledger. Writes only. */
  readonly effects?: () => number;
}

/**
 * Runs the Action under the fault, and then as the host would go on: look-up, repeat under the same key, or a new
 * attempt. Throws where the outcome is not what the host builds on, or the work was done more than once.
 */
export const withstand = async <N extends ActionName, S extends z.ZodType>(
  fault: FaultName,
  trial: Trial<N, S>,
): Promise<void> => {
  const { plugin, settings, action, input, peer, request, effects } = trial;
  const where = `${plugin.name}, ${action}, ${fault}`;
  const key = `${action}/under-${fault}`;
  const open = (timeoutMs = 5_000): TestCall<z.output<S>> => callFor(plugin, settings, { key, timeoutMs });
  const { run } = actionOf(plugin, action);
  const doubt = doubtOf(plugin, action);
  const before = effects?.() ?? 0;
  const done = (): number => (effects?.() ?? 0) - before;

  const armed = peer.faults.arm({ ...FAULTS[fault], match: request });
  const call = open(fault === 'late-success' ? PATIENCE_MS : undefined);
  const thrown: unknown = await run(input, call).then(
    () => undefined,
    (error: unknown) => error,
  );
  check(
    armed.observed === 1,
    `${where}: the fault happened ${armed.observed} times, not once. Check \`request\`.`,
  );
  if (!doubt) {
    // A read may have an answer for it, such as 'unavailable'; else it throws an error that says what to do.
    if (thrown !== undefined) checkError(thrown, { fault, where });
    await run(input, open());
    return;
  }
  check(thrown !== undefined, `${where}: it answered, although nobody can know the outcome.`);
  checkError(thrown, { fault, where });
  if (fault === 'too-many-calls') {
    check(
      call.http.mayHaveWritten() === false,
      `${where}: a 429 did nothing, and the call says that it may have.`,
    );
    await run(input, open());
    check(done() === 1, `${where}: the work was done ${done()} times after the next attempt, not once.`);
    return;
  }
  // Without call.http nobody counts what was sent; then a passing trouble is in doubt.
  check(call.http.mayHaveWritten() !== false, `${where}: the call says for certain that nothing was done.`);
  for (let waited = 0; done() === 0 && waited < 2 * LATE_MS; waited += 20) await pause(20);
  check(done() === 1, `${where}: the work was done ${done()} times, not once.`);
  if (doubt === 'park') return;
  if (doubt.lookup) {
    const seen = await actionOf(plugin, action).lookUp(input, open());
    check(
      typeof seen === 'object',
      `${where}: the look-up says ${JSON.stringify(seen)} of work that was done.`,
    );
  }
  if (doubt.repeatFor !== undefined) await run(input, open());
  check(
    done() === 1,
    `${where}: the work was done ${done()} times after a repeat under the same key, not once.`,
  );
};

function check(holds: boolean, otherwise: string): asserts holds {
  if (!holds) throw new Error(otherwise);
}

const checkError = (error: unknown, { fault, where }: { fault: FaultName; where: string }): void => {
  const said = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
  if (fault === 'malformed-answer') {
    return check(
      error instanceof ParkError && error.code === 'service.malformed-answer',
      `${where}: expected a ParkError 'service.malformed-answer', got ${said}`,
    );
  }
  const code = fault === 'too-many-calls' ? 'service.throttled' : 'service.unavailable';
  check(
    error instanceof RetryableError && error.code === code,
    `${where}: expected a RetryableError '${code}', got ${said}`,
  );
  if (fault !== 'too-many-calls') return;
  check(error.afterMs === 3_000, `${where}: Retry-After said 3 s, and the error says ${error.afterMs} ms.`);
};
