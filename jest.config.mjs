/** Tests run in bare Node (D-097). This one replaces modules, for which it needs Jest's own registry. */
const isolated = ['/test/scenarios/every-prefix\\.test\\.ts$'];

// The isolated run as CommonJS through swc; the packages below ship ES modules only and are transformed as well.
const esModules = [
  'canonicalize',
  'oidc-provider',
  'openid-client',
  'oauth4webapi',
  'jose',
  'hono',
  '@hono',
  '@secretlint',
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

const shared = {
  rootDir: import.meta.dirname,
  roots: ['<rootDir>/test', '<rootDir>/infra/local/aws/test'],
  testEnvironment: 'node',
};

/** @type {import('jest').Config} */
const config = {
  testSequencer: '<rootDir>/test/support/long-first.mjs',
  // Generous: a busy machine with two cores must not fail what is only slow. The runner for bare Node has its own.
  testTimeout: 60_000,
  projects: [
    {
      ...shared,
      displayName: 'bare',
      testMatch: ['**/*.test.ts', '**/*.test.tsx'],
      testPathIgnorePatterns: isolated,
      runner: '<rootDir>/test/support/bare-node/runner.mjs',
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
