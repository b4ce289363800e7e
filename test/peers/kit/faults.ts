import { z } from 'zod';
import { createGate } from './gate.ts';
import { matcher, type Called, type Match } from './match.ts';

export const faultKinds = [
  'drop-before',
  'drop-after',
  'reset-after',
  'status',
  'status-after',
  'delay',
  'delay-after',
  'hang',
  'hold-before',
  'hold-after',
  'malformed',
  'stored-500',
] as const;
export type FaultKind = (typeof faultKinds)[number];

export type FaultSpec = {
  readonly match: Match;
  readonly kind: FaultKind;
  /** How many calls it hits, 1 if left out. */
  readonly times?: number | 'always' | undefined;
  /** How many matching calls it lets through first. */
  readonly after?: number | undefined;
  /** How long `delay` and `delay-after` take, in milliseconds; 1000 if left out. */
  readonly ms?: number | undefined;
  readonly status?: number | undefined;
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>> | undefined;
  /** `stored-500` only: do the work before the 500 is stored. */
  readonly worked?: boolean | undefined;
};

/** The same, as it comes over HTTP. */
export const FaultBody = z.strictObject({
  match: z.strictObject({
    method: z.string().optional(),
    path: z.string().optional(),
    contains: z.string().optional(),
  }),
  kind: z.enum(faultKinds),
  times: z.union([z.int().positive(), z.literal('always')]).optional(),
  after: z.int().nonnegative().optional(),
  ms: z.int().positive().optional(),
  status: z.int().optional(),
  body: z.unknown().optional(),
  headers: z.record(z.string(), z.string()).optional(),
  worked: z.boolean().optional(),
});

export type ArmedFault = {
  readonly id: string;
  readonly spec: FaultSpec;
  /** How often it really happened. A test that armed a fault asserts this. */
  readonly observed: number;
  /** Settles when it happened for the first time. */
  readonly reached: Promise<void>;
  /** Settles on `release()`, `clear()` and stop. */
  readonly released: Promise<void>;
  /** Lets held and hanging calls go on, and disarms. */
  readonly release: () => void;
  readonly observe: () => void;
};

export type Faults = {
  readonly arm: (spec: FaultSpec) => ArmedFault;
  readonly find: (id: string) => ArmedFault | undefined;
  readonly release: (id: string) => void;
  /** The fault that this call meets, if any; it counts as used, and as observed once it happened. */
  readonly take: (call: Called) => ArmedFault | undefined;
  /** Observed faults by kind since the last reset, those of disarmed faults included. */
  readonly observed: () => Partial<Record<FaultKind, number>>;
  readonly all: () => readonly ArmedFault[];
  /** Disarms all and lets held calls go on; what was observed stays counted. */
  readonly clear: () => void;
  /** Clears, and forgets what was observed. */
  readonly reset: () => void;
};

type Slot = { readonly armed: ArmedFault; readonly hit: (call: Called) => boolean; live: boolean };

export type FaultRules = {
  readonly unsupported: readonly FaultKind[];
  /** The Service's own shape of an error, for faults that name no body: a client may take any other shape for success. */
  readonly errorBody: (status: number) => unknown;
};

export const createFaults = ({ unsupported, errorBody }: FaultRules): Faults => {
  let slots: Slot[] = [];
  let sequence = 0;
  const clear = () => slots.forEach(({ armed }) => armed.release());

  return {
    arm: (spec) => {
      if (unsupported.includes(spec.kind)) throw new Error(`This peer cannot play the fault '${spec.kind}'.`);
      const slot = createSlot(`fault-${++sequence}`, withAnswer(spec, errorBody));
      slots.push(slot);
      return slot.armed;
    },
    find: (id) => slots.find(({ armed }) => armed.id === id)?.armed,
    release: (id) => slots.find(({ armed }) => armed.id === id)?.armed.release(),
    take: (call) => slots.find((slot) => slot.live && slot.hit(call))?.armed,
    observed: () => {
      const counts: Partial<Record<FaultKind, number>> = {};
      for (const { armed } of slots)
        if (armed.observed) counts[armed.spec.kind] = (counts[armed.spec.kind] ?? 0) + armed.observed;
      return counts;
    },
    all: () => slots.map(({ armed }) => armed),
    clear,
    reset: () => {
      clear();
      slots = [];
    },
  };
};

const withAnswer = (spec: FaultSpec, errorBody: FaultRules['errorBody']): FaultSpec => {
  if (spec.kind !== 'status' && spec.kind !== 'status-after') return spec;
  const status = spec.status ?? (spec.kind === 'status' ? 503 : 500);
  return { ...spec, status, body: spec.body ?? errorBody(status) };
};

const createSlot = (id: string, spec: FaultSpec): Slot => {
  const matches = matcher(spec.match);
  const reached = createGate();
  const released = createGate();
  let skip = spec.after ?? 0;
  let left = spec.times === 'always' ? Infinity : (spec.times ?? 1);
  let observed = 0;
  const slot: Slot = {
    live: true,
    hit: (call) => {
      if (left <= 0 || !matches(call)) return false;
      if (skip > 0) {
        skip -= 1;
        return false;
      }
      left -= 1;
      return true;
    },
    armed: {
      id,
      spec,
      get observed() {
        return observed;
      },
      reached: reached.opened,
      released: released.opened,
      release: () => {
        slot.live = false;
        released.open();
      },
      observe: () => {
        observed += 1;
        reached.open();
      },
    },
  };
  return slot;
};
