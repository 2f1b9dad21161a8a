import path from 'node:path';

/**
 * Tests run in bare Node, which shares loaded modules among the files of one worker: twice as fast as a module registry for each
 * file (D-097). These need Jest's own registry or its timers with options.
 */
const isolated = [
  '/test/scenarios/every-prefix\\.test\\.ts$',
  '/test/infra/local/run/(promotions|stop-request|in-order)\\.test\\.ts$',
  '/infra/local/aws/test/clock\\.test\\.ts$',
];

// The isolated run as CommonJS through swc; the packages below ship ES modules only and are transformed as well.
const esModules = [
  'canonicalize',
  'oidc-provider',
  'openid-client',
  'oauth4webapi',
  'jose',
  'hono',
  '@hono',
  'httpxy',
];

const swc = (parser) => [
  '@swc/jest',
  {
    jsc: {
      target: 'es2022',
      parser,
      transform: { react: { runtime: 'automatic', importSource: 'hono/jsx' } },
    },
    module: { type: 'commonjs' },
  },
];

const root = import.meta.dirname;
const shared = {
  rootDir: root,
  roots: ['<rootDir>/test', '<rootDir>/infra/local/aws/test'],
  testEnvironment: 'node',
};

/** @type {import('jest').Config} */
const config = {
  testSequencer: '<rootDir>/test/support/long-first.mjs',
  // Generous: a busy machine with two cores must not fail what is only slow. The light runner has it from test/support/light-runner.mjs.
  testTimeout: 60_000,
  projects: [
    {
      ...shared,
      displayName: 'light',
      testMatch: ['**/*.test.ts', '**/*.test.tsx'],
      testPathIgnorePatterns: isolated,
      // Processes rather than threads: tests change the environment and send signals.
      runner: path.join(root, 'node_modules/jest-light-runner/src/child-process.js'),
      setupFilesAfterEnv: ['<rootDir>/test/support/light-runner.mjs'],
      transform: {},
    },
    {
      ...shared,
      displayName: 'isolated',
      testRegex: isolated,
      transform: {
        '^.+\\.tsx$': swc({ syntax: 'typescript', tsx: true }),
        '^.+\\.(ts|js|mjs)$': swc({ syntax: 'typescript' }),
      },
      // Its package names an entry for `import` alone, and Jest asks for `require`.
      moduleNameMapper: {
        '^canonicalize$': '<rootDir>/node_modules/canonicalize/lib/canonicalize.js',
      },
      transformIgnorePatterns: [`/node_modules/(?!(${esModules.join('|')})/)`],
    },
  ],
};

export default config;
