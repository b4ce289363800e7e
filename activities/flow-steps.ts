import { activityInfo, ApplicationFailure } from '@temporalio/activity';
import { isProven } from '../config/steering-proof.ts';
import type { Wiring } from '../config/wiring.ts';
import type { Journal } from '../journal/connect.ts';
import { readDecisions } from '../journal/effects.ts';
import { appendEvent } from '../journal/events.ts';
import { closeIncidents, openIncident } from '../journal/incidents.ts';
import type { JournalSteps } from '../workflows/engine/journal-steps.ts';

export interface FlowStepDeps {
  readonly journal: Journal;
  readonly wiring: Pick<Wiring, 'moneyByUnverified'>;
  readonly steeringSecret: string | undefined;
}

/** What a flow writes into the journal about itself. Each may run twice, and then changes nothing more. */
export const createFlowSteps = ({ journal, wiring, steeringSecret }: FlowStepDeps): JournalSteps => {
  const flowId = (): string => activityInfo().workflowExecution?.workflowId ?? '';
  return {
    'flow.recall': () => readDecisions(journal, flowId()),
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
    async 'flow.steer'({ verb, park, step, actor, reason, proof, moves }) {
      const flow = flowId();
      const verified =
        steeringSecret !== undefined &&
        proof !== undefined &&
        isProven(steeringSecret, { flow, verb, park, actor }, proof);
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
        if (!row || row.ended === 1) return;
        await closeIncidents(sql, flow);
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
