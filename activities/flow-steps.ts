import { activityInfo, ApplicationFailure } from '@temporalio/activity';
import { isProven } from '../config/steering-proof.ts';
import type { Wiring } from '../config/wiring.ts';
import type { Journal } from '../journal/connect.ts';
import { readDecisions, readStanding } from '../journal/effects.ts';
import { appendEvent } from '../journal/events.ts';
import { closeIncidents, openIncident } from '../journal/incidents.ts';
import type { JournalSteps } from '../workflows/engine/journal-steps.ts';
import type { Recollection } from '../workflows/engine/state.ts';

export interface FlowStepDeps {
  readonly journal: Journal;
  readonly wiring: Pick<Wiring, 'moneyByUnverified' | 'contracts'>;
  readonly steeringSecret: string | undefined;
}

/** What a flow writes into the journal about itself. Each may run twice, and then changes nothing more. */
export const createFlowSteps = ({ journal, wiring, steeringSecret }: FlowStepDeps): JournalSteps => {
  const flowId = (): string => activityInfo().workflowExecution?.workflowId ?? '';
  return {
    'flow.recall': () => recollect({ journal, wiring }, flowId()),
    async 'flow.park'({ step, service, code, message, park }) {
      const flow = flowId();
      await journal.transaction(async (sql) => {
        await openIncident(sql, { flow, kind: 'parked', step, service, code, message });
        await appendEvent(sql, {
          flow,
          kind: 'parked',
          step,
          service,
          status: 'needs-attention',
          detail: { code, park },
        });
      });
    },
    async 'flow.unpark'({ step, status }) {
      const flow = flowId();
      await journal.transaction(async (sql) => {
        if ((await closeIncidents(sql, flow, step)) === 0) return;
        await appendEvent(sql, { flow, kind: 'unparked', step, status });
      });
    },
    async 'flow.steer'({ verb, park, step, actor, reason, ask, proof, moves }) {
      const flow = flowId();
      const verified =
        steeringSecret !== undefined &&
        proof !== undefined &&
        isProven(steeringSecret, { flow, verb, ask }, proof);
      if (moves !== undefined && !verified && !wiring.moneyByUnverified) {
        throw ApplicationFailure.create({
          type: 'steer.not-allowed',
          message: `${step} moves ${moves}, and ${actor} is not vouched for. Steer it through our API: POST /v1/ops/flows/{id}/${verb}.`,
          nonRetryable: true,
        });
      }
      const detail = { verb, park, actor, verified, reason };
      await journal.transaction((sql) => appendEvent(sql, { flow, kind: 'steered', step, detail }));
    },
    async 'flow.end'({ status, result }) {
      const flow = flowId();
      await journal.transaction(async (sql) => {
        const [row] = await sql.rows<{ ended: number }>(
          'SELECT ended_at IS NOT NULL AS ended FROM flows WHERE id = ? FOR UPDATE',
          [flow],
        );
        // Also of a run that is a Reset: what it parked on is settled with it.
        await closeIncidents(sql, flow);
        if (!row || row.ended === 1) return;
        await appendEvent(sql, { flow, kind: 'ended', status, detail: { result } });
        await sql.run('UPDATE flows SET result = ?, ended_at = NOW(6) WHERE id = ?', [
          JSON.stringify(result),
          flow,
        ]);
        await sql.run('DELETE FROM claims WHERE flow_id = ?', [flow]);
      });
    },
  };
};

/** What the runs of a flow decided by, and which of their steps still stand. */
const recollect = async (
  { journal, wiring }: Pick<FlowStepDeps, 'journal' | 'wiring'>,
  flow: string,
): Promise<Recollection> => {
  const [decisions, standing] = await Promise.all([
    readDecisions(journal, flow),
    readStanding(journal, flow),
  ]);
  const stands = standing.filter(({ action, state, input, output }) => {
    const { facts, reverses } = wiring.contracts.get(action) ?? {};
    // What takes back stands for nothing.
    if (reverses) return false;
    // A refusal is done as well, and left nothing.
    return state !== 'done' || !facts || facts(input, output, '').length > 0;
  });
  return { decisions, standing: stands.map(({ step }) => step) };
};
