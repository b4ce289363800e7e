import quick from './jest.config.mjs';

/** Thousands of flows, minutes of faults: `npm run test:long`. */
export default {
  ...quick,
  testMatch: ['<rootDir>/{test,plugins,contracts,journal,config}/**/*.long.test.ts'],
  testPathIgnorePatterns: ['/node_modules/'],
  testTimeout: 15 * 60_000,
};
