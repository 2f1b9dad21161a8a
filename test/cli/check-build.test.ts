import fs from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { Finding } from '../../tasks/appspec/revision.ts';
import { runIn } from './run-in.ts';

let directory: string;
beforeEach(() => {
  directory = fs.mkdtempSync(path.join(tmpdir(), 'lockstep-check-'));
});
afterEach(() => fs.rmSync(directory, { recursive: true, force: true }));

type Texts = Readonly<Record<string, string>>;

const appSpec = (source: string) => `version: 0.0
os: linux
files:
  - source: ${source}
    destination: /opt/shop
hooks:
  ValidateService:
    - location: scripts/validate.sh
      timeout: 60
`;
/** What is built as it stands here is right. */
const good: Texts = {
  'appspec.yml': appSpec('target'),
  'scripts/validate.sh': '#!/bin/sh\ncurl --fail http://127.0.0.1:8080/\n',
  'buildspec.yml': `version: 0.2
phases:
  build:
    commands:
      - mvn -B package
artifacts:
  files:
    - appspec.yml
    - scripts/**/*
    - target/*.jar
`,
};

const check = async (files: Texts, build: unknown, ...args: readonly string[]) => {
  for (const [name, text] of Object.entries(files)) {
    const file = path.join(directory, 'app', name);
    fs.mkdirSync(path.dirname(file), { recursive: true });
    fs.writeFileSync(file, text, { mode: 0o755 });
  }
  const application = {
    name: 'shop',
    runtime: 'none',
    healthCheckPath: '/',
    ...(build !== undefined && { build }),
  };
  fs.writeFileSync(path.join(directory, 'c.json'), JSON.stringify({ applications: [application] }));
  const { code, out } = await runIn(directory, ['check', 'app', '--config', 'c.json', '--json', ...args]);
  const { findings } = JSON.parse(out) as { findings: readonly Finding[] };
  return {
    code,
    told: findings
      .map(({ severity, file, line, text }) => `${severity} ${file}:${line ?? ''} ${text}`)
      .join('\n'),
  };
};

const buildspec = (from: string, to: string): Texts => {
  const before = good['buildspec.yml'] ?? '';
  expect(before).toContain(from);
  return { ...good, 'buildspec.yml': before.replace(from, to) };
};
const withoutBuildspec: Texts = Object.fromEntries(
  Object.entries(good).filter(([name]) => name !== 'buildspec.yml'),
);

it('nothing is said of what a build makes right', async () => {
  expect(await check(good, {})).toEqual({ code: 0, told: '' });
});

it('is told that without a build the commit itself is deployed, which lacks what one makes', async () => {
  const { code, told } = await check(good, undefined);
  expect(code).toBe(1);
  expect(told).toBe(
    'error appspec.yml:4 files[0].source: target is not in the revision. Install fails unless BeforeInstall makes it. The commit itself is deployed. If a build makes it, add "build": {} to shop in the configuration, and a buildspec.\n' +
      'note buildspec.yml:6 It names artifacts, and shop has no build: the commit itself is deployed, without what a build makes. To deploy that, add "build": {} to shop in the configuration.',
  );
});

it('takes what names artifacts for built where no configuration is given, as the local run does', async () => {
  await check(good, {});
  const asked = await runIn(directory, ['check', 'app']);
  expect(asked.out).toContain('built by buildspec.yml.');
  expect(asked.out).not.toContain('target is not in the revision');
});

it.each<[string, Texts, unknown, string]>([
  [
    'no buildspec',
    withoutBuildspec,
    {},
    'error buildspec.yml: CodeBuild fails with YAML_FILE_ERROR: YAML file',
  ],
  [
    'no buildspec of another name',
    good,
    { buildspec: 'ci/build.yml' },
    'error ci/build.yml: CodeBuild fails with YAML_FILE_ERROR',
  ],
  ['what is not YAML', buildspec('phases:', 'phases: ['), {}, 'YAML_FILE_ERROR: It is not YAML'],
  ['no version', buildspec('version: 0.2\n', ''), {}, 'YAML_FILE_ERROR: version is missing; give 0.2'],
  [
    'another version',
    buildspec('version: 0.2', 'version: 1'),
    {},
    'error buildspec.yml:1 CodeBuild fails with YAML_FILE_ERROR: version is 1',
  ],
  [
    'a version that the local run does not follow',
    buildspec('version: 0.2', 'version: 0.1'),
    {},
    'warning buildspec.yml:1 CodeBuild takes it, and the local run does not: version is 0.1',
  ],
  [
    'no phases',
    buildspec('phases:\n  build:\n    commands:\n      - mvn -B package\n', ''),
    {},
    'phases is missing',
  ],
  [
    'a phase that there is not',
    buildspec('  build:', '  compile:'),
    {},
    'error buildspec.yml:3 CodeBuild fails with YAML_FILE_ERROR: phases.compile is',
  ],
  [
    'a command that YAML takes for a map',
    buildspec('mvn -B package', 'echo done: yes'),
    {},
    'error buildspec.yml:5 CodeBuild fails with YAML_FILE_ERROR: phases.build.commands[0] is',
  ],
  [
    'no artifacts',
    buildspec('artifacts:\n  files:\n    - appspec.yml\n    - scripts/**/*\n    - target/*.jar\n', ''),
    {},
    'error buildspec.yml: It names no artifacts',
  ],
  [
    'artifacts without appspec.yml',
    buildspec('    - appspec.yml\n', ''),
    {},
    'error buildspec.yml:7 The artifacts do not take appspec.yml',
  ],
  [
    'artifacts that exclude it',
    buildspec('artifacts:\n', "artifacts:\n  exclude-paths: ['*.yml']\n"),
    {},
    'The artifacts do not take appspec.yml',
  ],
  [
    'another directory, into which no command puts it',
    buildspec('artifacts:\n', 'artifacts:\n  base-directory: dist\n'),
    {},
    'warning buildspec.yml:7 The archive is made of dist, and no command seems to put appspec.yml there',
  ],
  [
    'artifacts without a hook’s script',
    buildspec('    - scripts/**/*\n', ''),
    {},
    'error appspec.yml:8 hooks.ValidateService[0].location: scripts/validate.sh is not in the revision. ValidateService fails without it. Add the file, or correct the path. The artifacts of buildspec.yml do not take it.',
  ],
  [
    'artifacts side by side',
    buildspec('artifacts:\n', 'artifacts:\n  discard-paths: yes\n'),
    {},
    'scripts/validate.sh is not in the revision',
  ],
  [
    'artifacts without what is copied',
    buildspec('    - target/*.jar\n', ''),
    {},
    'error appspec.yml:4 files[0].source: target is not in the revision. Install fails unless BeforeInstall makes it. The artifacts',
  ],
  [
    'what only artifacts that take everything may have',
    buildspec('    - appspec.yml\n    - scripts/**/*\n    - target/*.jar\n', "    - '**/*'\n"),
    {},
    'warning appspec.yml:4 files[0].source: target is not in the revision. Install fails unless BeforeInstall makes it. The build may make it: the artifacts of buildspec.yml take everything.',
  ],
])('is told of %s', async (_, files, build, expected) => {
  const { code, told } = await check(files, build);
  expect(told).toContain(expected);
  expect(code).toBe(/^error/m.test(told) ? 1 : 0);
});

it.each<[string, Texts]>([
  [
    'what a command copies into another directory',
    buildspec(
      'mvn -B package\nartifacts:\n',
      'mvn -B package && cp -r appspec.yml scripts dist/\nartifacts:\n  base-directory: dist\n',
    ),
  ],
  [
    'what a bundler copies there',
    {
      ...buildspec(
        'artifacts:\n  files:\n    - appspec.yml\n    - scripts/**/*\n    - target/*.jar\n',
        "artifacts:\n  base-directory: dist\n  files: '**/*'\n",
      ),
      'public/appspec.yml': '',
    },
  ],
])('says nothing of %s', async (_, files) => {
  expect(await check(files, {})).toEqual({ code: 0, told: '' });
});

describe('with --sandbox', () => {
  const start = (text: string): Texts => ({ ...good, 'scripts/validate.sh': `#!/bin/sh\n${text}\n` });
  it.each<[string, string, string | undefined]>([
    ['systemctl', 'systemctl is-active sshd', '"systemctl is-active sshd" fails in a sandbox'],
    ['its path', '/usr/bin/systemctl status sshd', 'fails in a sandbox'],
    ['service', 'if true; then service sshd status; fi', '"service sshd status" fails in a sandbox'],
    ['a comment', '# systemctl restart shop', undefined],
    ['a word', 'echo systemctl', undefined],
    ['who asks first', '[ -d /run/systemd/system ] && systemctl status sshd', undefined],
    [
      'who asks in a file',
      '. "$(dirname "$0")/common.sh"\nif has_systemd; then systemctl status sshd; fi',
      undefined,
    ],
    [
      'who asks systemd in a file',
      '. "$(dirname "$0")/unit.sh"',
      '"systemctl status sshd" fails in a sandbox',
    ],
  ])('is told of scripts that need systemd, which sandboxes lack: %s', async (_, text, expected) => {
    const files = {
      ...start(text),
      'scripts/common.sh': 'has_systemd() { [ -d /run/systemd/system ]; }\n',
      'scripts/unit.sh': 'systemctl status sshd\n',
    };
    const buildspecs = { ...files, 'buildspec.yml': good['buildspec.yml'] ?? '' };
    const { code, told } = await check(buildspecs, {}, '--sandbox');
    expect(code).toBe(0);
    if (expected === undefined) expect(told).not.toContain('sandbox');
    else expect(told).toMatch(new RegExp(`^warning scripts/validate.sh:\\d* .*${expected}`, 'm'));
    expect((await check(buildspecs, {})).told).not.toContain('sandbox');
  });
});
