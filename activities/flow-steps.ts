import { activityInfo } from '@temporalio/activity';
import type { Journal } from '../journal/connect.ts';
import { readDecisions } from '../journal/effects.ts';
import { appendEvent } from '../journal/events.ts';
import { closeIncidents, openIncident } from '../journal/incidents.ts';
import type { JournalSteps } from '../workflows/engine/journal-steps.ts';

/** What a flow writes into the journal about itself. Each may run twice, and then changes nothing more. */
export const createFlowSteps = (journal: Journal): JournalSteps => {
  const flowId = (): string => activityInfo().workflowExecution?.workflowId ?? '';
  return {
    'flow.recall': () => readDecisions(journal, flowId()),
    async 'flow.park'({ step, service, code, message }) {
      const flow = flowId();
      await journal.transaction(async (sql) => {
        await openIncident(sql, { flow, kind: 'parked', step, service, code, message });
        await appendEvent(sql, {
          flow,
          kind: 'parked',
          step,
          service,
          status: 'needs-attention',
          detail: { code },
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
