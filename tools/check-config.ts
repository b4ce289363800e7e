import { parseArgs } from 'node:util';
import { type Secrets, withSecretFiles } from '../config/env.ts';
import { ConfigurationError, loadWiring } from '../config/load-plugins.ts';
import { describeWiring } from './check-config/describe.ts';
import { asMermaid, asTable } from './check-config/show.ts';
import { wiringSchema } from './check-config/wiring-schema.ts';

// `npm run check-config -- [file] [--json | --mermaid]`: what start-up would say of a wiring file, without starting.
// `--schema`: the file's JSON Schema, as it stands in config/coordinator.schema.json.

const USAGE = 'Usage: npm run check-config -- [wiring file] [--json | --mermaid | --schema]';

const readArguments = () => {
  const flag = { type: 'boolean', default: false } as const;
  return parseArgs({ options: { json: flag, mermaid: flag, schema: flag }, allowPositionals: true });
};

const check = async (): Promise<number> => {
  const { values, positionals } = readArguments();
  if (values.schema) {
    console.log(wiringSchema());
    return 0;
  }
  const file = positionals[0] ?? process.env['CC_CONFIG'] ?? 'config/coordinator.yaml';
  const env: Secrets = withSecretFiles(process.env);
  try {
    const data = describeWiring(await loadWiring(file, env));
    if (values.json) console.log(JSON.stringify(data, null, 2));
    else if (values.mermaid) console.log(asMermaid(data));
    else console.log(`${asTable(data)}\n\n${file} is right.`);
    return 0;
  } catch (error) {
    if (!(error instanceof ConfigurationError)) throw error;
    if (values.json) console.log(JSON.stringify({ mistakes: error.mistakes }, null, 2));
    else console.error(error.message);
    return 1;
  }
};

process.exitCode = await check().catch((error: unknown) => {
  console.error(`${error instanceof Error ? error.message : String(error)}\n${USAGE}`);
  return 1;
});
