import fc from 'fast-check';
import { hookNames, parseAppSpec } from '../../../../services/codedeploy/agent/appspec.ts';
import { AppSpecError } from '../../../../services/codedeploy/agent/appspec-nodes.ts';

const parse = (text: string) => parseAppSpec(Buffer.from(text));
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
    expect(parse(text)).toEqual({
      files: [{ source: '/', destination: '/opt/app' }],
      fileExistsBehavior: 'RETAIN',
      permissions: [
        {
          object: '/opt/app',
          pattern: '*.sh',
          except: ['keep.sh'],
          types: ['file'],
          mode: 0o755,
          owner: 'root',
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
    expect(parse(head)).toEqual({ files: [], permissions: [], hooks: {} });
  });

  it('gives ACLs with every part spelled out, and contexts', () => {
    const text = `${head}permissions:
  - object: /opt/app
    acls: ["u:web:6", d:g::rx, m::7]
    context: {name: u, type: t, range: s0}
    type: [directory]
`;
    expect(parse(text).permissions).toEqual([
      {
        object: '/opt/app',
        pattern: '**',
        except: [],
        types: ['directory'],
        acls: ['user:web:rw-', 'default:group::r-x', 'mask::rwx'],
        context: { user: 'u', type: 't', range: 's0' },
      },
    ]);
  });

  it('keeps every hook that CodeDeploy knows, and fails only with its own error', () => {
    fc.assert(
      fc.property(fc.subarray([...hookNames]), (names) => {
        const hooks = names.map((name) => `  ${name}:\n    - location: ${name}.sh\n`).join('');
        expect(Object.keys(parse(`${head}hooks:\n${hooks}`).hooks)).toEqual(names);
      }),
    );
    fc.assert(
      fc.property(fc.string(), (text) => {
        try {
          parse(text);
        } catch (error) {
          expect(error).toBeInstanceOf(AppSpecError);
        }
      }),
    );
  });
});
