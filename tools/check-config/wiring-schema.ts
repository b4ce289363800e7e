import { writtenAs } from '../../config/mistake.ts';
import { WiringFile } from '../../config/schema.ts';
import * as contracts from '../../contracts/all.ts';

/** The JSON Schema of the wiring file, for editors. Actions of plugins elsewhere are legal too, so names stay open. */
export const wiringSchema = (): string => {
  const schema = writtenAs(WiringFile);
  const { actions, flows } = schema.properties as Record<string, { properties?: object }>;
  const all = Object.values(contracts);
  const actionsKnown = all.flatMap((contract) =>
    contract.kind === 'action'
      ? [[contract.name, { type: 'string', description: `A ${contract.effect}.` }]]
      : [],
  );
  const flowsKnown = all.flatMap((contract) => {
    if (contract.kind !== 'flow') return [];
    const { $schema: _dialect, ...policy } = writtenAs(contract.policy);
    return [[contract.name, policy]];
  });
  Object.assign(actions ?? {}, { properties: Object.fromEntries(actionsKnown) as object });
  Object.assign(flows ?? {}, { properties: Object.fromEntries(flowsKnown) as object });
  return JSON.stringify({ title: 'The wiring of the Commerce Coordinator', ...schema }, null, 2);
};
