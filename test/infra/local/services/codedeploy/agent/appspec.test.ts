import {
  AppspecError,
  parseAppspec,
} from '../../../../../../infra/local/services/codedeploy/agent/appspec.ts';

const minimal = 'version: 0.0\nos: linux\n';

describe('appspec.yml', () => {
  it('gives files, permissions and hooks with their defaults', () => {
    const spec = parseAppspec(`${minimal}
files:
  - source: /
    destination: /opt/orders
file_exists_behavior: OVERWRITE
permissions:
  - object: /opt/orders
    mode: 644
    type: [file]
hooks:
  ApplicationStart:
    - location: scripts/start.sh
      timeout: 60
      runas: root
  ValidateService:
    - location: scripts/validate.sh
`);
    expect(spec).toEqual({
      os: 'linux',
      files: [{ source: '/', destination: '/opt/orders' }],
      fileExistsBehavior: 'OVERWRITE',
      permissions: [{ object: '/opt/orders', pattern: '**', except: [], mode: '644', type: ['file'] }],
      hooks: {
        ApplicationStart: [{ location: 'scripts/start.sh', timeout: 60, runas: 'root' }],
        ValidateService: [{ location: 'scripts/validate.sh', timeout: 3600 }],
      },
    });
  });

  it('may be minimal', () => {
    expect(parseAppspec(minimal)).toMatchObject({ files: [], hooks: {}, fileExistsBehavior: 'DISALLOW' });
  });

  it.each([
    ['does not parse', 'version: 0.0\nos: [linux', 'is not valid YAML'],
    ['is empty', '', 'the document'],
    ['is for Windows', 'version: 0.0\nos: windows', 'os: '],
    ['has another version', 'version: 1.0\nos: linux', 'version: must be 0.0 (got 1)'],
    ['has an unknown section', `${minimal}hook: {}`, '"hook"'],
    [
      'names an unknown hook',
      `${minimal}hooks:\n  AfterStart:\n    - location: a.sh`,
      '"AfterStart", which is no lifecycle event',
    ],
    [
      'has a script for Install',
      `${minimal}hooks:\n  Install:\n    - location: a.sh`,
      'performed by CodeDeploy itself',
    ],
    [
      'has a script outside',
      `${minimal}hooks:\n  AfterInstall:\n    - location: ../a.sh`,
      'must be a path inside the revision (got "../a.sh")',
    ],
    [
      'has a timeout in words',
      `${minimal}hooks:\n  AfterInstall:\n    - location: a.sh\n      timeout: soon`,
      'hooks.AfterInstall.0.timeout',
    ],
    [
      'has a relative destination',
      `${minimal}files:\n  - source: a\n    destination: opt`,
      'must be an absolute path (got "opt")',
    ],
    [
      'has a source outside',
      `${minimal}files:\n  - source: ../../etc\n    destination: /opt`,
      'must be a path inside the revision',
    ],
    ['has a mode in letters', `${minimal}permissions:\n  - object: /opt\n    mode: rwx`, 'octal digits'],
  ])('fails when it %s', (_, text, message) => {
    expect(() => parseAppspec(text)).toThrow(AppspecError);
    expect(() => parseAppspec(text)).toThrow(message);
  });
});
