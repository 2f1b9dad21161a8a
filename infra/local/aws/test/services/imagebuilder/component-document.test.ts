import { parseComponentDocument } from '../../../services/imagebuilder/component-document.ts';

const step = (text: string) => `
name: patch
schemaVersion: 1.0
phases:
  - name: build
    steps:
${text
  .split('\n')
  .map((line) => `      ${line}`)
  .join('\n')}
`;

/** What the task orchestrator assumes of a step. */
const defaults = { onFailure: 'Abort', maxAttempts: 1, timeoutSeconds: 7_200, inputs: undefined };

describe('a component document', () => {
  it('is read with its phases and steps', () => {
    const document = parseComponentDocument(`
name: runtime
description: Installs the runtime
schemaVersion: 1.0
parameters:
  - version: { type: string, default: '20' }
phases:
  - name: build
    steps:
      - name: update
        action: UpdateOS
      - name: install
        action: ExecuteBash
        timeoutSeconds: 600
        onFailure: Abort
        inputs:
          commands:
            - dnf install -y nodejs{{ version }}
      - name: fetch
        action: S3Download
        inputs:
          - source: s3://bucket/agent.rpm
            destination: /tmp/agent.rpm
  - name: validate
    steps:
      - { name: check, action: ExecuteBash, inputs: { commands: ['node --version'] } }
`);
    expect(document).toEqual({
      name: 'runtime',
      values: { version: '20' },
      phases: [
        {
          name: 'build',
          steps: [
            { ...defaults, name: 'update', action: 'UpdateOS' },
            {
              ...defaults,
              name: 'install',
              action: 'ExecuteBash',
              timeoutSeconds: 600,
              inputs: { commands: ['dnf install -y nodejs{{ version }}'] },
            },
            {
              ...defaults,
              name: 'fetch',
              action: 'S3Download',
              inputs: [{ source: 's3://bucket/agent.rpm', destination: '/tmp/agent.rpm' }],
            },
          ],
        },
        {
          name: 'validate',
          steps: [
            { ...defaults, name: 'check', action: 'ExecuteBash', inputs: { commands: ['node --version'] } },
          ],
        },
      ],
    });
  });

  it.each<[string, string, RegExp]>([
    ['text that is no YAML', 'a: [', /not YAML/],
    ['a list', '- a', /must be an object/],
    ['another schema version', 'schemaVersion: 2.0\nphases: []', /schemaVersion must be 1.0; received 2/],
    ['no phases', 'schemaVersion: 1.0', /phases must be a list/],
    ['an unknown key', 'schemaVersion: 1.0\nsteps: []', /unknown key "steps"/],
    [
      'an unknown phase',
      'schemaVersion: 1.0\nphases: [{ name: deploy, steps: [] }]',
      /phases\[0\]\.name must be one of build, validate, test/,
    ],
    [
      'an unknown action',
      step('- { name: a, action: RunShell }'),
      /steps\[0\]\.action must be an action module .*"RunShell"/,
    ],
    ['a step without a name', step('- { action: UpdateOS }'), /steps\[0\]\.name is required/],
    [
      'two steps of a name',
      step('- { name: a, action: UpdateOS }\n- { name: a, action: Reboot }'),
      /two steps named "a"/,
    ],
    [
      'missing inputs',
      step('- { name: a, action: ExecuteBash }'),
      /inputs is required: ExecuteBash takes commands/,
    ],
    [
      'missing list inputs',
      step('- { name: a, action: S3Download, inputs: { source: x } }'),
      /inputs must be a list/,
    ],
    [
      'an incomplete input',
      step('- { name: a, action: WebDownload, inputs: [{ source: x }] }'),
      /inputs\[0\]\.destination is required/,
    ],
    [
      'a command that YAML reads as an object',
      step(
        '- name: a\n  action: ExecuteBash\n  inputs:\n    commands:\n      - "echo ok"\n      - echo a: b',
      ),
      /commands\[1\] must be a text/,
    ],
    [
      'a wrong timeout',
      step('- { name: a, action: UpdateOS, timeoutSeconds: soon }'),
      /timeoutSeconds must be a whole number/,
    ],
    ['a wrong failure mode', step('- { name: a, action: UpdateOS, onFailure: Retry }'), /onFailure must be/],
  ])('fails with %s', (_name, data, message) => {
    expect(() => parseComponentDocument(data)).toThrow(message);
  });
});
