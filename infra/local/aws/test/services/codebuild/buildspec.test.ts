import { parseBuildspec } from '../../../services/codebuild/buildspec.ts';

it('reads phases in their order, with variables and parameters', () => {
  expect(
    parseBuildspec(`
version: 0.2
env:
  variables: { RETRIES: 3 }
  parameter-store: { URL: /orders/url }
  secrets-manager: { TOKEN: registry:token }
phases:
  build: { commands: ["npm test"], finally: ["echo done"] }
  install: { runtime-versions: { nodejs: 22 }, commands: npm ci, on-failure: CONTINUE }
artifacts: { files: "**/*", base-directory: dist, discard-paths: yes, exclude-paths: [a.map] }
`),
  ).toEqual({
    variables: { RETRIES: '3' },
    parameters: { URL: '/orders/url' },
    secrets: { TOKEN: 'registry:token' },
    artifacts: { files: ['**/*'], baseDirectory: 'dist', discardsPaths: true, excludePaths: ['a.map'] },
    runtimes: { nodejs: '22' },
    phases: [
      { name: 'install', commands: ['npm ci'], finally: [], onFailure: 'CONTINUE' },
      { name: 'build', commands: ['npm test'], finally: ['echo done'], onFailure: 'CONTINUE' },
    ],
  });
});

it.each([
  ['no YAML', 'a: [', 'It is not YAML'],
  ['a list', '- 1', 'the buildspec is [1]; give keys with values'],
  ['another version', 'version: 0.1\nphases: {}', 'version is 0.1; give 0.2'],
  ['no phases', 'version: 0.2', 'phases is missing'],
  ['an unknown phase', 'version: 0.2\nphases: { test: {} }', 'phases.test is {}; use install, pre_build'],
  ['an unknown key', 'version: 0.2\nphase: {}', 'phase is {}; use version'],
  [
    'a command that YAML takes for a mapping',
    'version: 0.2\nphases: { build: { commands: [{ echo a: b }] } }',
    'phases.build.commands[0] is {"echo a":"b"}; put the command in quotes',
  ],
  [
    'further artifacts',
    'version: 0.2\nphases: {}\nartifacts: { files: [a], secondary-artifacts: {} }',
    'artifacts.secondary-artifacts is {}; use files, name',
  ],
  [
    'an unknown reaction',
    'version: 0.2\nphases: { build: { on-failure: RETRY } }',
    'phases.build.on-failure is "RETRY"; give ABORT or CONTINUE',
  ],
])('fails with %s', (_, text, message) => {
  expect(() => parseBuildspec(text)).toThrow(
    expect.objectContaining({ name: 'BuildspecError', message: expect.stringContaining(message) }),
  );
});
