/** What `npm run …` can do: the name of each task, and the program or the other tasks that it stands for. */

/** Flags of jest's ES modules support: our files run as CommonJS, but some packages are ES modules only. */
const jest = [
  '--experimental-vm-modules',
  '--disable-warning=ExperimentalWarning',
  'node_modules/jest/bin/jest.js',
];

const prettier = 'node_modules/prettier/bin/prettier.cjs';

/** Halves the memory of API and worker, measured by `npm run bench`: the young generation of each isolate stays small. */
const lean = ['--max-semi-space-size=4'];

/** `node`: what Node is given, before the arguments from the command line. `tasks`: run one after another. */
export const tasks = {
  format: { node: [prettier, '--check', '.'] },
  'format:fix': { node: [prettier, '--write', '--log-level', 'warn', '.'] },
  lint: { node: ['node_modules/oxlint/bin/oxlint', '--type-aware', '--deny-warnings'] },
  types: { node: ['node_modules/typescript/bin/tsc', '-p', '.'] },
  unused: { node: ['node_modules/knip/bin/knip.js'] },
  test: { node: jest },
  'test:long': { node: [...jest, '--config', 'jest.long.config.mjs'] },
  verify: { tasks: ['format', 'lint', 'types', 'unused', 'test'] },
  build: { node: ['tools/build-bundle.ts'] },
  bench: { node: ['bench/run.ts'] },
  demo: { node: ['tools/demo.ts'] },
  dev: { node: ['tools/dev.ts'] },
  'check-config': { node: ['tools/check-config.ts'] },
  'new-plugin': { node: ['tools/new-plugin.ts'] },
  screenshot: { node: ['tools/screenshot.ts'] },
  'start:api': { node: [...lean, 'api/main.ts'] },
  'start:worker': { node: [...lean, 'activities/main.ts'] },
  'record-histories': { node: ['test/histories/record.ts'] },
  'check-flows': { node: [...jest, 'test/histories', 'test/architecture/bundle'] },
  'node-version': { node: ['--print', 'process.version'] },
};
