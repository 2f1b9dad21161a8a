import fc from 'fast-check';
import { appSpecWarnings } from '../../../tasks/appspec/appspec-warnings.ts';

const head = 'version: 0.0\nos: linux\n';
const files = ['appspec.yml', 'app/a', 'scripts/start.sh', 'two words.sh', 'dir/'];
const warnings = (rest: string, path = 'appspec.yml', known: readonly string[] | null = files) =>
  appSpecWarnings({ path, text: `${head}${rest}`, ...(known && { files: known }) });
const script = (more: string, location = 'scripts/start.sh') =>
  `hooks:\n  AfterInstall:\n    - location: ${location}\n${more}`;

describe('an AppSpec file is warned of', () => {
  it.each<[string, string, string]>([
    [
      'A01: a key at the top',
      'resources: {}\n',
      "resources: CodeDeploy's agent ignores this key. It knows version, os,",
    ],
    [
      'A01: a key of a file',
      'files:\n  - {source: app, destination: /opt, overwrite: true}\n',
      'files[0].overwrite: ',
    ],
    ['A01: a key of a permission', 'permissions:\n  - {object: /a, mod: 7}\n', 'permissions[0].mod: '],
    ['A01: a key of a script', script('      interpreter: bash\n'), 'hooks.AfterInstall[0].interpreter: '],
    [
      'A03: a mode without quotes',
      'permissions:\n  - {object: /a, mode: 0755}\n',
      'permissions[0].mode: 0755 without quotes is 493 ',
    ],
    ['A04: a key twice', 'files: []\nfiles: []\n', 'the top level: files is there twice'],
    ['A04: a second document', '---\nos: windows\n', 'reads the first document only'],
    ['A05: a timeout that is a text', script('      timeout: 300s\n'), 'hooks.AfterInstall[0].timeout: '],
    [
      'A05: more than an hour',
      script('      timeout: 3601\n'),
      'hooks.AfterInstall: Its timeouts are 3601 s together',
    ],
    [
      'A06: an unknown event with scripts',
      'hooks:\n  Start:\n    - location: app/a\n',
      'hooks.Start: This is no lifecycle event, so Install fails.',
    ],
    [
      'A06: an unknown event without',
      'hooks:\n  Start: []\n',
      'hooks.Start: This is no lifecycle event. Those',
    ],
    [
      'an event without scripts of its own',
      'hooks:\n  Install:\n    - location: app/a\n',
      'hooks.Install: CodeDeploy never',
    ],
    ['A07: a space in a location', script('', 'two words.sh'), 'hooks.AfterInstall[0].location: Version 1'],
    [
      'A10: a missing script',
      script('', 'none.sh'),
      'hooks.AfterInstall[0].location: none.sh is not in the revision',
    ],
    [
      'A10: a missing source',
      'files:\n  - {source: dist, destination: /opt}\n',
      'files[0].source: dist is not in the revision',
    ],
    [
      'a relative destination',
      'files:\n  - {source: app, destination: opt}\n',
      'files[0].destination: opt is not absolute',
    ],
    ['what is not YAML', 'hooks: [}\n', 'CodeDeploy cannot read it, so BeforeInstall fails: '],
  ])('for %s', (_, text, expected) => {
    const found = warnings(text);
    expect(found).toHaveLength(1);
    expect(found[0]).toContain(expected);
  });

  it.each<[string, string]>([
    ['nothing else', ''],
    [
      'all that the agent knows',
      `files:\n  - {source: /, destination: /opt/app}\n  - {source: dir/, destination: /opt}\npermissions:\n  - {object: /opt, mode: "0755", pattern: "**", except: [], owner: a, group: b, acls: [], context: {type: t}, type: [file]}\n${script('      timeout: 300\n      runas: root\n', '/scripts/start.sh')}`,
    ],
    ['keys without values', 'files:\npermissions:\nhooks:\n  AfterInstall:\n'],
  ])('not for %s', (_, text) => {
    expect(warnings(text)).toEqual([]);
  });

  it('looks for files in the folder of the AppSpec file, if it knows any', () => {
    const text = script('');
    expect(warnings(text, 'orders/appspec.yml', ['orders/scripts/start.sh'])).toEqual([]);
    expect(warnings(text, 'orders/appspec.yml')).toHaveLength(1);
    expect(warnings(script('', 'none.sh'), 'appspec.yml', null)).toEqual([]);
  });

  it('is told of 20 mistakes at most, and of any text something or nothing', () => {
    const many = Array.from({ length: 25 }, (_, index) => `key${index}: 1\n`).join('');
    expect(warnings(many)).toHaveLength(21);
    expect(warnings(many).at(-1)).toBe('and 5 more warnings');
    fc.assert(
      fc.property(fc.string(), (text) => {
        for (const warning of appSpecWarnings({ path: 'appspec.yml', text, files: [] }))
          expect(warning.length).toBeLessThanOrEqual(301);
      }),
    );
  });
});
