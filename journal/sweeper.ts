import { releaseClaimsOfEnded } from './claims.ts';
import { deliverDue } from './deliver.ts';
import { startQueued, type StartDeps } from './start-queued.ts';

export interface SweeperOptions extends StartDeps {
  /** Between the end of one sweep and the next, in milliseconds. Default 5000. */
  readonly everyMs?: number;
}

export interface Sweeper {
  /** Resolves when the running sweep has ended; none begins after that. */
  stop(): Promise<void>;
}

/**
 * Finishes what a crash interrupted: sends queued starts, delivers due messages, gives back the claims of ended flows.
 * Several processes may sweep at once; each row is taken by one of them.
 */
export const startSweeper = ({ everyMs = 5_000, ...deps }: SweeperOptions): Sweeper => {
  const parts = {
    'queued starts': () => startQueued(deps),
    inbox: () => deliverDue(deps),
    claims: () => releaseClaimsOfEnded(deps.journal),
  };
  const sweep = async (): Promise<void> => {
    for (const [part, run] of Object.entries(parts)) {
      try {
        await run();
      } catch (error) {
        deps.log.warn(
          { part, code: 'journal.unavailable', err: String(error) },
          'sweep failed; it is tried again',
        );
      }
    }
  };

  let wake = (): void => undefined;
  let isStopping = false;
  const running = (async () => {
    // One loop, no timer beside it: two sweeps of one process never overlap.
    while (!isStopping) {
      await sweep();
      if (isStopping) return;
      await new Promise<void>((done) => {
        const timer = setTimeout(done, everyMs);
        wake = () => {
          clearTimeout(timer);
          done();
        };
      });
    }
  })();
  return {
    async stop() {
      isStopping = true;
      wake();
      await running;
    },
  };
};
