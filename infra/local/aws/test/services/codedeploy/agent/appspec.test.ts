import fc from 'fast-check';
import { AppSpecError, hookNames, parseAppSpec } from '../../../../services/codedeploy/agent/appspec.ts';

const head = 'version: 0.0\nos: linux\n';

describe('an appspec.yml', () => {
  it('is read with its files, permissions and hooks', () => {
    const text = `${head}files:
  - source: /
    destination: /opt/app
file_exists_behavior: RETAIN
permissions:
  - object: /opt/app
    pattern: "*.sh"
    except: [keep.sh]
    owner: root
    mode: 755
    type: [file]
hooks:
  ApplicationStart:
    - location: start.sh
      timeout: 30
      runas: ec2-user
    - location: more.sh
`;
    expect(parseAppSpec(text)).toEqual({
      files: [{ source: '/', destination: '/opt/app' }],
      fileExistsBehavior: 'RETAIN',
      permissions: [
        {
          object: '/opt/app',
          pattern: '*.sh',
          except: ['keep.sh'],
          types: ['file'],
          mode: 0o755,
          unapplied: ['owner'],
        },
      ],
      hooks: {
        ApplicationStart: [
          { location: 'start.sh', timeoutSeconds: 30, runas: 'ec2-user' },
          { location: 'more.sh', timeoutSeconds: 3600 },
        ],
      },
    });
  });

  it('may hold nothing but version and system', () => {
    expect(parseAppSpec(head)).toEqual({ files: [], permissions: [], hooks: {} });
  });

  it.each([
    ['', 'the file must hold names and values'],
    ['version: 0.0\nos: linux\nhooks: [}\n', 'line 3'],
    ['*nothing', 'it is not valid YAML'],
    ['version: 1.0\nos: linux\n', 'version must be 0.0; found 1'],
    ['version: 0.0\nos: windows\n', 'os must be linux; found "windows"'],
    [`${head}Hooks: {}\n`, 'holds "Hooks", which is not one of'],
    [`${head}files: /opt\n`, 'files must be a list'],
    [`${head}files:\n  - source: a\n`, 'files[0].destination must be a text; found nothing'],
    [`${head}files:\n  - source: a\n    destination: opt\n`, 'files[0].destination must be an absolute path'],
    [`${head}file_exists_behavior: KEEP\n`, 'file_exists_behavior must be DISALLOW, OVERWRITE, RETAIN'],
    [`${head}hooks:\n  Install:\n    - location: a\n`, 'hooks.Install cannot run scripts'],
    [`${head}hooks:\n  Stop:\n    - location: a\n`, 'hooks.Stop is not a lifecycle event'],
    [
      `${head}hooks:\n  ApplicationStop:\n    - timeout: 3\n`,
      'hooks.ApplicationStop[0].location must be a text',
    ],
    [
      `${head}hooks:\n  ApplicationStop:\n    - location: a\n      timeout: 3601\n`,
      'timeout must be a whole number of seconds from 1 to 3600; found 3601',
    ],
    [
      `${head}permissions:\n  - object: /a\n    mode: 888\n`,
      'permissions[0].mode must be 1 to 4 octal digits',
    ],
    [`${head}permissions:\n  - object: a\n`, 'permissions[0].object must be an absolute path'],
  ])('fails with the place and the remedy: %j', (text, message) => {
    expect(() => parseAppSpec(text)).toThrow(AppSpecError);
    expect(() => parseAppSpec(text)).toThrow(message);
  });

  it('keeps every hook that CodeDeploy knows, and fails only with its own error', () => {
    fc.assert(
      fc.property(fc.subarray([...hookNames]), (names) => {
        const hooks = names.map((name) => `  ${name}:\n    - location: ${name}.sh\n`).join('');
        expect(Object.keys(parseAppSpec(`${head}hooks:\n${hooks}`).hooks)).toEqual(names);
      }),
    );
    fc.assert(
      fc.property(fc.string(), (text) => {
        try {
          parseAppSpec(text);
        } catch (error) {
          expect(error).toBeInstanceOf(AppSpecError);
        }
      }),
    );
  });
});
