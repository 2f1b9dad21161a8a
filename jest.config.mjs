// Tests run as CommonJS through swc; the packages below ship ES modules only and are transformed as well.
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

/** @type {import('jest').Config} */
const config = {
  roots: ['<rootDir>/test', '<rootDir>/infra/local/aws/test'],
  testMatch: ['**/*.test.ts', '**/*.test.tsx'],
  testEnvironment: 'node',
  testSequencer: '<rootDir>/test/support/long-first.mjs',
  // Generous: a busy machine with two cores must not fail what is only slow.
  testTimeout: 60_000,
  transform: {
    '^.+\\.tsx$': swc({ syntax: 'typescript', tsx: true }),
    '^.+\\.(ts|js|mjs)$': swc({ syntax: 'typescript' }),
  },
  // Its package names an entry for `import` alone, and Jest asks for `require`.
  moduleNameMapper: { '^canonicalize$': '<rootDir>/node_modules/canonicalize/lib/canonicalize.js' },
  transformIgnorePatterns: [`/node_modules/(?!(${esModules.join('|')})/)`],
};

export default config;
