export default {
  globalSetup: '<rootDir>/infra/jest/global-setup.ts',
  testMatch: ['<rootDir>/{services,shared,gateway,infra,scripts}/**/*.test.ts'],
  extensionsToTreatAsEsm: ['.ts'],
  transform: { '\\.ts$': '<rootDir>/infra/jest/strip-types.js' },
  injectGlobals: false,
  maxWorkers: '100%',
  testTimeout: 30_000,
  workerIdleMemoryLimit: '512MB',
  collectCoverageFrom: ['{services,shared,gateway}/**/src/**/*.ts'],
};
