import { type AgentFleet, appSpec, type Bundle, createAgentFleet, withHook } from './agent-fleet.ts';

/** Real processes on a machine that may be busy. */
jest.setTimeout(120_000);

let agent: AgentFleet;
beforeAll(async () => {
  agent = await createAgentFleet();
});
afterAll(() => agent.fleet.dispose());

const ok = '#!/bin/sh\nexit 0\n';
const bundle = (text: string | Buffer): Bundle => ({
  'appspec.yml': { text, mode: 0o100644 },
  'ok.sh': ok,
  ' ok.sh': ok,
  'two words.sh': ok,
  'app/a': 'a',
});
const files = 'files:\n  - source: app\n    destination: /opt/read\n';
const permission = (rest: string) => `${files}permissions:\n  - object: /opt/read\n${rest}`;
const timeout = (value: string) => withHook('AfterInstall', 'ok.sh', `      timeout: ${value}\n`);

describe('the agent reads an AppSpec file and accepts', () => {
  it.each<[string, string]>([
    ['A01: a key that it does not know of a file', appSpec(`${files}    overwrite: true\n`)],
    [
      'A01: a key that it does not know of a script',
      withHook('AfterInstall', 'ok.sh', '      interpreter: bash\n      commands: [a]\n'),
    ],
    ['A01: a key that it does not know at the top', appSpec('resources: {}\ncommands: [a]\n')],
    ['A01: a key that it does not know of a permission', appSpec(permission('    mod: 7\n'))],
    ['A04: a key twice', `${appSpec()}os: windows\nos: linux\n`],
    ['A04: a second document, which it does not read', `${appSpec()}---\nos: windows\nhooks: [}\n`],
    [
      'A04: keys without values',
      appSpec('file_exists_behavior:\nfiles:\npermissions:\nhooks:\n  AfterInstall:\n'),
    ],
    ['A05: a timeout that is a text', timeout('"300"')],
    ['A05: a timeout that begins with digits', timeout('300s')],
    ['A05: a timeout of more than an hour', timeout('9000000')],
    ['A06: an event that it does not know, without scripts', appSpec('hooks:\n  BeforeStart: []\n')],
    ['A07: a location with a space', withHook('AfterInstall', 'two words.sh')],
    [
      'A09: an ACL and a context with a type',
      appSpec(permission('    acls: ["u:root:rwx"]\n    context: {type: t}\n')),
    ],
  ])('%s', async (_, text) => {
    const { status, message } = await agent.deploy(bundle(text));
    expect({ status, message }).toEqual({ status: 'Succeeded', message: undefined });
  });

  it.each<[string, string, string]>([
    ['A03: mode 0755 without quotes as 755, as its second generation does', '0755', '755'],
    ['A03: mode 0644 without quotes as 644', '0644', '644'],
    ['A03: mode 420 without quotes as 420', '420', '420'],
    ['A03: mode 4 as 004', '"4"', '4'],
  ])('%s', async (_, mode, expected) => {
    expect(
      (await agent.deploy(bundle(appSpec(permission(`    mode: ${mode}\n    type: [file]\n`))))).message,
    ).toBe(undefined);
    expect(agent.mode('opt/read/a')).toBe(expected);
  });

  it('A04: takes the last of two values', async () => {
    const text = appSpec(
      `${files}permissions:\n  - object: /opt/read\n    mode: "600"\n    mode: "640"\n    type: [file]\n`,
    );
    expect((await agent.deploy(bundle(text))).status).toBe('Succeeded');
    expect(agent.mode('opt/read/a')).toBe('640');
  });

  it('A07: does not trim locations', async () => {
    expect((await agent.deploy(bundle(withHook('AfterInstall', '" ok.sh"')))).status).toBe('Succeeded');
    expect(await agent.deploy(bundle(withHook('AfterInstall', '"ok.sh "')))).toMatchObject({
      event: 'AfterInstall',
      code: 'ScriptMissing',
    });
  });
});

describe('the agent reads an AppSpec file when it has downloaded the bundle, and fails for', () => {
  const bom = Buffer.concat([Buffer.from([0xef, 0xbb, 0xbf]), Buffer.from(appSpec())]);
  it.each<[string, string | Buffer, string]>([
    ['A02: version "0.0", a text', 'version: "0.0"\nos: linux\n', 'an invalid version value ("0.0")'],
    ['A02: another version', 'version: 1.0\nos: linux\n', 'an invalid version value (1.0)'],
    ['A02: no version', 'os: linux\n', 'an invalid version value (nothing)'],
    ['A03: a mode of other digits', appSpec(permission('    mode: 0888\n')), 'permissions mode (0888)'],
    ['A05: a timeout without a number', timeout('soon'), 'invalid timeout value (soon)'],
    ['A05: a timeout of 0', timeout('0'), 'invalid timeout value (0)'],
    ['A07: a byte order mark', bom, 'byte order mark'],
    ['A07: Latin-1', Buffer.from(`${appSpec()}# Größe\n`, 'latin1'), 'is not UTF-8'],
    [
      'A07: an alias',
      appSpec('hooks:\n  AfterInstall: &one\n    - location: ok.sh\n  ValidateService: *one\n'),
      'alias *one',
    ],
    ['A08: another system', 'version: 0.0\nos: windows\n', 'unsupported operating system (windows)'],
    ['A09: an ACL of another form', appSpec(permission('    acls: ["rwx"]\n')), 'Invalid acl entry (rwx)'],
    [
      'A09: an ACL with another letter',
      appSpec(permission('    acls: ["u:root:rwz"]\n')),
      'Invalid acl entry (u:root:rwz)',
    ],
    ['A09: an ACL for the owner', appSpec(permission('    acls: ["u::rwx"]\n')), 'use mode'],
    [
      'A09: a context without a type',
      appSpec(permission('    context: {name: u}\n')),
      'invalid context type',
    ],
    ['a file that is not YAML, by its line', appSpec('hooks: [}\n'), 'line 3'],
    ['an empty file', '\n', 'is empty'],
    ['a script without location', withHook('AfterInstall', '""'), 'no location value'],
    ['a file without destination', appSpec('files:\n  - source: a\n'), 'files[0]'],
    [
      'another behavior',
      appSpec('file_exists_behavior: KEEP\n'),
      'invalid file_exists_behavior value (KEEP)',
    ],
  ])('%s', async (_, text, message) => {
    expect(await agent.deploy(bundle(text))).toMatchObject({
      status: 'Failed',
      event: 'BeforeInstall',
      code: 'UnknownError',
      message: expect.stringContaining(message),
    });
  });
});

describe('the agent installs what an AppSpec file says, and fails for', () => {
  it.each<[string, string, string]>([
    [
      'A06: an event that it does not know, with scripts',
      withHook('BeforeStart', 'ok.sh'),
      'unknown lifecycle events: BeforeStart',
    ],
    [
      'A09: two rules for one object',
      appSpec(`${permission('    mode: "600"\n    type: [file]\n')}  - object: /opt\n    mode: "644"\n`),
      'specified more than once',
    ],
    [
      'A09: a pattern on a file',
      appSpec(`${files}permissions:\n  - {object: /opt/read/a, pattern: "*.sh", mode: "600"}\n`),
      'with an invalid pattern (*.sh)',
    ],
    [
      'A09: an except on a file',
      appSpec(`${files}permissions:\n  - {object: /opt/read/a, except: [b], mode: "600"}\n`),
      'with an invalid except (b)',
    ],
    [
      'A09: a default ACL on a file',
      appSpec(permission('    acls: ["d:u:root:rwx"]\n')),
      'default acl setting applies to a file',
    ],
  ])('%s', async (_, text, message) => {
    expect(await agent.deploy(bundle(text))).toMatchObject({
      status: 'Failed',
      event: 'Install',
      code: 'UnknownError',
      message: expect.stringContaining(message),
    });
  });
});
