import fc from 'fast-check';
import { changedHooks, hooksOf } from '../../../tasks/approvals/untried-hooks.ts';

const hooks = (path: string, text: string) => hooksOf({ path, text });
const appSpec = `version: 0.0
os: linux
hooks:
  ApplicationStart:
    - location: scripts/start.sh
  BeforeBlockTraffic:
    - location: scripts/before.sh
      timeout: 60
  AfterBlockTraffic:
    - location: ./scripts/after.sh
    - location: /scripts/report.sh
      runas: root
`;

describe('hooks that QAT does not run (T70)', () => {
  it('are those around the loss of traffic, with their scripts and the AppSpec file', () => {
    expect(hooks('appspec.yml', appSpec)).toEqual([
      { name: 'BeforeBlockTraffic', files: ['appspec.yml', 'scripts/before.sh'] },
      { name: 'AfterBlockTraffic', files: ['appspec.yml', 'scripts/after.sh', 'scripts/report.sh'] },
    ]);
  });

  it('are looked for in the folder of the AppSpec file', () => {
    expect(hooks('orders/appspec.yml', appSpec)[0]).toEqual({
      name: 'BeforeBlockTraffic',
      files: ['orders/appspec.yml', 'orders/scripts/before.sh'],
    });
  });

  it.each<[string, string]>([
    ['no hooks', 'version: 0.0\nos: linux\n'],
    ['other hooks', 'hooks:\n  ApplicationStop:\n    - location: stop.sh\n'],
    ['a hook without scripts', 'hooks:\n  AfterBlockTraffic:\n'],
    ['no file at all', ''],
    ['hooks that are a list', 'hooks: [AfterBlockTraffic]'],
    ['scripts without location', 'hooks:\n  AfterBlockTraffic:\n    - after.sh\n'],
  ])('are none with %s', (_, text) => {
    expect(hooks('appspec.yml', text)).toEqual([]);
  });

  it('are the last of two of one name, as the agent reads them', () => {
    const twice = ['one', 'two'].map((name) => `  AfterBlockTraffic:\n    - location: ${name}.sh\n`);
    expect(hooks('appspec.yml', `hooks:\n${twice.join('')}`)).toEqual([
      { name: 'AfterBlockTraffic', files: ['appspec.yml', 'two.sh'] },
    ]);
  });

  it('fail to be read from what is not YAML', () => {
    expect(() => hooks('appspec.yml', 'hooks: [')).toThrow();
  });
});

describe('of these, a change brings', () => {
  const found = hooks('appspec.yml', appSpec);

  it.each<[string, string[], [name: string, files: string[]][]]>([
    ['none, if it changes other files', ['scripts/start.sh', 'scripts/common.sh'], []],
    [
      'the one whose script it changes',
      ['scripts/report.sh'],
      [['AfterBlockTraffic', ['scripts/report.sh']]],
    ],
    [
      'all, if it changes the AppSpec file',
      ['appspec.yml', 'scripts/before.sh'],
      [
        ['BeforeBlockTraffic', ['appspec.yml', 'scripts/before.sh']],
        ['AfterBlockTraffic', ['appspec.yml']],
      ],
    ],
  ])('%s', (_, changed, expected) => {
    const brought = changedHooks(found, new Set(changed));
    expect(brought.map(({ name, files }) => [name, files])).toEqual(expected);
  });

  it('none, if the revision has none, no matter what is known of its files', () => {
    expect(changedHooks([], undefined)).toEqual([]);
  });

  it('fails to be known if not all changed files are, and names the hooks', () => {
    expect(() => changedHooks(found, undefined)).toThrow(
      'the commit has BeforeBlockTraffic (appspec.yml, scripts/before.sh) and AfterBlockTraffic (appspec.yml, ',
    );
  });

  it('exactly those of which a file changed', () => {
    const files = [...new Set(found.flatMap((hook) => hook.files)), 'other.mjs'];
    fc.assert(
      fc.property(fc.subarray(files), (changed) => {
        const brought = changedHooks(found, new Set(changed));
        expect(brought.map(({ name }) => name)).toEqual(
          found.filter((hook) => hook.files.some((file) => changed.includes(file))).map(({ name }) => name),
        );
        for (const hook of brought) for (const file of hook.files) expect(changed).toContain(file);
      }),
    );
  });
});
