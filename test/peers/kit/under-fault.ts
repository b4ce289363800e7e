import { setTimeout as sleep } from 'node:timers/promises';
import type { Answer } from './answer.ts';
import type { ArmedFault } from './faults.ts';

/** The caller's connection, HTTP or SMTP. */
export type Wire = {
  readonly isOpen: () => boolean;
  readonly close: () => void;
  readonly reset: () => void;
};

/**
 * The work, with the place where a fault may hold it up. The gate is inside, because a peer that keeps Idempotency-Keys
 * must own the key while it is held: that is what makes a second call concurrent.
 */
export type Work = (gate: () => Promise<void>) => Promise<Answer>;

const noGate = async () => {};

/** Runs one call with the fault it meets. A fault is observed when it happened, never when it was only planned. */
export const underFault = async (
  fault: ArmedFault | undefined,
  wire: Wire,
  work: Work,
): Promise<Answer | 'dropped'> => {
  if (!fault) return work(noGate);
  const { kind, ms = 1000, status, body, headers = {} } = fault.spec;
  const seen = <Value>(value: Value): Value => {
    fault.observe();
    return value;
  };
  const cut = (how: () => void): 'dropped' => {
    // A caller that had left before lost nothing by our doing.
    if (wire.isOpen()) fault.observe();
    how();
    return 'dropped';
  };
  switch (kind) {
    case 'drop-before':
      return cut(wire.close);
    case 'drop-after':
      await work(noGate);
      return cut(wire.close);
    case 'reset-after':
      await work(noGate);
      return cut(wire.reset);
    case 'status':
      return seen({ status: status ?? 503, body, headers });
    case 'status-after':
      await work(noGate);
      return seen({ status: status ?? 500, body, headers });
    case 'delay':
      return work(() => seen(sleep(ms)));
    case 'delay-after': {
      const answer = await work(noGate);
      await seen(sleep(ms));
      return answer;
    }
    case 'hang':
      await seen(fault.released);
      wire.close();
      return 'dropped';
    case 'hold-before':
      return work(() => seen(fault.released));
    case 'hold-after': {
      const answer = await work(noGate);
      await seen(fault.released);
      return answer;
    }
    case 'malformed': {
      const answer = await work(noGate);
      return seen({ ...answer, status: status ?? answer.status, body: body ?? {} });
    }
    case 'stored-500':
      // The peer's own `around` plays it, since it alone keeps the keys.
      return work(noGate);
  }
};
