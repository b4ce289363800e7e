import { activityInfo, cancellationSignal } from '@temporalio/activity';
import type { EffectAfterFailure } from '../contracts/failures.ts';
import type { Wiring } from '../config/wiring.ts';
import type { Caller } from './host/call.ts';
import { EffectFailure } from './host/effect-types.ts';
import { readFailure, toApplicationFailure } from './host/failure.ts';
import type { Host, StepMeta } from './host/host.ts';

/** What a step sends beside its input. */
type AskedMeta = StepMeta & { readonly action?: string; readonly assumed?: unknown };
type Activity = (input: unknown, meta: AskedMeta) => Promise<unknown>;

/** Each Action of one Service as a Temporal activity of its name, plus the fence that undoing asks for first. */
export const asActivities = (host: Host, wiring: Wiring, service: string): Record<string, Activity> => {
  const guarded =
    (
      writes: boolean,
      run: (input: unknown, at: { meta: AskedMeta; caller: Caller }) => Promise<unknown>,
    ): Activity =>
    async (input, meta) => {
      const info = activityInfo();
      const caller: Caller = {
        flow: {
          type: info.workflowType ?? '',
          id: info.workflowExecution?.workflowId ?? '',
          step: info.activityId,
        },
        attempt: info.attempt,
        abort: cancellationSignal(),
      };
      try {
        return await run(input, { meta, caller });
      } catch (error) {
        const known = error instanceof EffectFailure;
        const unsettled: EffectAfterFailure = writes ? 'unknown' : 'none';
        throw toApplicationFailure(readFailure(known ? error.cause : error), {
          attempt: info.attempt,
          service,
          effect: known ? error.effect : unsettled,
          backoff: wiring.retry,
        });
      }
    };
  const activities: Record<string, Activity> = {
    'effect.fence': guarded(true, (input, { meta, caller }) =>
      host.fence(meta.action ?? '', input, { meta, caller }),
    ),
  };
  activities['effect.assume'] = guarded(true, (input, { meta, caller }) =>
    host.assume(meta.action ?? '', input, { meta, caller, assumed: meta.assumed }),
  );
  for (const { plugin } of wiring.plugins.values()) {
    if (plugin.service !== service) continue;
    for (const name of Object.keys(plugin.actions ?? {})) {
      const writes = wiring.contracts.get(name)?.effect === 'write';
      activities[name] = guarded(writes, (input, at) => host.run(name, input, at));
    }
    for (const name of Object.keys(plugin.receivers ?? {})) {
      activities[name] = guarded(false, (payload, at) => host.receive(name, payload, at));
    }
    for (const name of Object.keys(plugin.steps ?? {})) {
      activities[name] = guarded(false, (value, at) => host.pipe(name, value, at));
    }
  }
  return activities;
};
