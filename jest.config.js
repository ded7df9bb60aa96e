import { testKinds } from './infra/jest/test-kinds.ts';

const { unit, integration } = testKinds(import.meta.dirname);

// A pattern that fits no file, since Jest takes an empty list for its own default.
const only = (files) => (files.length === 0 ? ['<rootDir>/no-test-at-all'] : files);
// A folder's name may hold what a pattern would read as its own signs.
const literal = (path) => path.replace(/[\\^$*+?.()|[\]{}]/g, '\\$&');
const matching = (files) => only(files).map((file) => `^${literal(file)}$`);

const common = {
  extensionsToTreatAsEsm: ['.ts'],
  transform: { '\\.ts$': '<rootDir>/infra/jest/strip-types.js' },
  injectGlobals: false,
};

export default {
  maxWorkers: '100%',
  testTimeout: 30_000,
  workerIdleMemoryLimit: '512MB',
  collectCoverageFrom: ['{services,shared,gateway}/**/src/**/*.ts'],
  projects: [
    { ...common, displayName: 'unit', testRegex: matching(unit) },
    {
      ...common,
      displayName: 'integration',
      testRegex: matching(integration),
      // Runs only where a test of this project does: a unit test waits for no Postgres.
      globalSetup: '<rootDir>/infra/jest/global-setup.ts',
      globalTeardown: '<rootDir>/infra/jest/global-teardown.ts',
    },
  ],
};
