import type { DemoShop } from './open-shop.ts';

/** The page of a flow in the Temporal UI; undefined where the Temporal is not ours, and we do not know its UI. */
export const flowPage = (
  { servers }: Pick<DemoShop, 'servers'>,
  { id, runId }: { readonly id: string; readonly runId: string },
): string | undefined =>
  servers.temporal.uiUrl &&
  `${servers.temporal.uiUrl}/namespaces/default/workflows/${encodeURIComponent(id)}/${runId}/history`;

/** Where to look, one line each. */
export const addresses = ({ servers, coordinator }: DemoShop): readonly string[] => [
  `  API          ${coordinator.url}`,
  `  health       ${coordinator.url}/health/ready`,
  `  Temporal UI  ${servers.temporal.uiUrl ?? `that of your Temporal at ${servers.temporal.address}`}`,
];
