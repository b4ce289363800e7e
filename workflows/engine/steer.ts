import { ApplicationFailure, condition, defineUpdate, setHandler } from '@temporalio/workflow';
import { journalSteps } from './journal-steps.ts';
import type { Parked, RunState, Steering } from './state.ts';

/** Who steers, and why. `proof` is our API's signature; without it the actor is whoever the Temporal UI let in. */
interface Actor {
  readonly actor: string;
  readonly reason: string;
  readonly proof?: string;
}
interface OnParked extends Actor {
  /** The park id that the flow shows: it names the step, the count and the run, so that a repeat has no second effect. */
  readonly park: string;
}
interface Retry extends OnParked {
  /** A corrected input. Taken only where the effect is known not to have happened. */
  readonly input?: unknown;
  /** Takes today's wiring for this step. */
  readonly reroute?: boolean;
}
interface Skip extends OnParked {
  /** The output to go on with. For money and grants it must be what the Service itself confirms. */
  readonly output: unknown;
}

const retryUpdate = defineUpdate<string, [Retry]>('retry');
const skipUpdate = defineUpdate<string, [Skip]>('skip');
const abandonUpdate = defineUpdate<string, [OnParked]>('abandon');
const holdUpdate = defineUpdate<string, [Actor]>('hold');
const releaseUpdate = defineUpdate<string, [Actor]>('release');

/** Registers the Temporal Updates by which operators bring a stuck flow to an end. Before the first await. */
export const takeSteering = (state: RunState): void => {
  const onPark = (verb: string, decide: (parked: Parked, asked: never) => Steering) => ({
    handler: async (asked: OnParked): Promise<string> => {
      const parked = currentPark(state, asked.park);
      const changes = verb === 'skip' || (asked as Retry).input !== undefined;
      const moves = changes ? parked.touches : parked.moves;
      await admit(state, { verb, asked, park: parked.id, step: parked.step, moves });
      // Two operators may have been admitted at once: the first one counts.
      if (state.parked?.id !== asked.park || parked.steering) throw stale(state, asked.park);
      parked.steering = decide(parked, asked as never);
      return `${verb} taken for ${parked.step}`;
    },
    options: {
      description: `Steers the parked step: ${verb}. Needs the park id that the flow's details show, an actor and a reason`,
      validator: (asked: OnParked) => {
        checkActor(asked);
        currentPark(state, asked.park);
        if (verb === 'abandon' && (state.undoing || state.behind.size > 0)) throw tooEarly(state);
      },
    },
  });
  const retry = onPark('retry', (_parked, { input, reroute }: Retry) => ({
    do: 'retry',
    input,
    reroute: reroute === true,
  }));
  setHandler(retryUpdate, retry.handler, retry.options);
  const skip = onPark('skip', (_parked, { output }: Skip) => ({ do: 'skip', output }));
  setHandler(skipUpdate, skip.handler, skip.options);
  const abandon = onPark('abandon', () => ({ do: 'abandon' }));
  setHandler(abandonUpdate, abandon.handler, abandon.options);

  const hold = (verb: 'hold' | 'release') => async (asked: Actor) => {
    await admit(state, { verb, asked, park: '', step: '', moves: undefined });
    state.held = verb === 'hold' ? asked.reason : undefined;
    return verb === 'hold' ? 'held before its next step' : 'released';
  };
  setHandler(holdUpdate, hold('hold'), {
    description: 'Holds the flow before its next step',
    validator: checkActor,
  });
  setHandler(releaseUpdate, hold('release'), {
    description: 'Lets a held flow go on',
    validator: checkActor,
  });
};

const checkActor = ({ actor, reason }: Actor): void => {
  if (typeof actor === 'string' && actor !== '' && typeof reason === 'string' && reason !== '') return;
  throw ApplicationFailure.create({
    type: 'steer.incomplete',
    message:
      'An actor and a reason are needed: { "park": "…", "actor": "you@example.com", "reason": "why" }.',
    nonRetryable: true,
  });
};

const stale = (state: RunState, park: string): ApplicationFailure =>
  ApplicationFailure.create({
    type: 'steer.stale-park',
    message: `'${park}' is not what this flow is parked on: ${state.parked ? `that is '${state.parked.id}'` : 'it is not parked'}. Nothing was done.`,
    nonRetryable: true,
  });

const tooEarly = (state: RunState): ApplicationFailure =>
  ApplicationFailure.create({
    type: 'steer.too-early',
    message: state.undoing
      ? 'The flow is undoing already: giving up now would leave this step standing. Retry or skip it.'
      : `After the Reset the flow has not come to ${[...state.behind].join(', ')} yet, which stand and could not be undone. Retry or skip the step first.`,
    nonRetryable: true,
  });

const currentPark = (state: RunState, park: string): Parked => {
  if (state.parked?.id !== park || state.parked.steering) throw stale(state, park);
  return state.parked;
};

/** Checks the proof and writes down who steered; throws where only our API may. */
const admit = async (
  state: RunState,
  {
    verb,
    asked,
    park,
    step,
    moves,
  }: { verb: string; asked: Actor; park: string; step: string; moves: 'money' | 'grant' | undefined },
): Promise<void> => {
  const { proof, ...ask } = asked;
  const { actor, reason } = ask;
  // Numbered: two operators may be asked about at once, and an activity's id is its own.
  state.steered += 1;
  await journalSteps(`steer ${state.steered}`, `${verb} ${step}`)['flow.steer']({
    verb,
    park,
    step,
    actor,
    reason,
    ask,
    ...(proof !== undefined && { proof }),
    ...(moves !== undefined && { moves }),
  });
};

/** Waits while somebody holds the flow. */
export const whileHeld = async (state: RunState): Promise<void> => {
  if (state.held === undefined) return;
  const before = state.waits;
  state.waits = `a release (held: ${state.held})`;
  await condition(() => state.held === undefined);
  state.waits = before;
};
