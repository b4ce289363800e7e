import { proxyActivities } from '@temporalio/workflow';
import type { Recollection } from './state.ts';

export interface SteeringAct {
  readonly verb: string;
  readonly park: string;
  readonly step: string;
  readonly actor: string;
  readonly reason: string;
  /** All that was asked, without the proof: what the proof is for. */
  readonly ask: object;
  readonly proof?: string;
  /** Money and grants are steered through our API only, unless configured otherwise. */
  readonly moves?: string;
}

/** What the flow itself writes into the journal: the activities of the `flows` queue. */
export interface JournalSteps {
  /** What earlier runs of this flow decided by, up to their last effect, and what they left standing. */
  'flow.recall'(): Promise<Recollection>;
  'flow.park'(entry: {
    step: string;
    service: string;
    code: string;
    message: string;
    park: string;
  }): Promise<void>;
  'flow.unpark'(entry: { step: string; status: string }): Promise<void>;
  /** Checks an operator's proof and records the act. Fails with `steer.not-allowed` where only our API may steer. */
  'flow.steer'(act: SteeringAct): Promise<void>;
  'flow.end'(entry: { status: string; result: unknown }): Promise<void>;
}

// No end to the retries: what they write is the flow's own story, and a journal that is down comes back.
export const journalSteps = (activityId: string, summary?: string): JournalSteps =>
  proxyActivities<JournalSteps>({
    activityId,
    ...(summary !== undefined && { summary }),
    startToCloseTimeout: '20s',
    retry: { initialInterval: '200ms', backoffCoefficient: 2, maximumInterval: '10s' },
  });
