import { deployAssembly } from '../../assembly/deploy-assembly.ts';
import type { Assembly, TemplateResource } from '../../assembly/load-assembly.ts';
import { removeStack } from '../../assembly/remove-stack.ts';
import { deployed } from '../../assembly/stack-records.ts';
import type { Host, ResourceProvider, Service } from '../../host.ts';
import { startHost, type TestHost, temporaryFolders } from './assembly-host.ts';

const newFolder = temporaryFolders();
let running: TestHost;
/** What providers were asked to do, in order. */
let calls: string[];
/** Throws once at this call. */
let failAt: string | undefined;

const note = (call: string) => {
  calls.push(call);
  if (failAt === call) {
    failAt = undefined;
    throw new Error('the disk is full');
  }
};

/** `Name` is part of the identity, so changing it replaces; other properties are changed in place. */
const thing: ResourceProvider = {
  create: (properties, { logicalId }) => {
    note(`create ${logicalId}`);
    return {
      physicalId: `${logicalId}-${properties.Name}`,
      attributes: { Arn: `arn:${logicalId}-${properties.Name}` },
    };
  },
  update: (properties, { logicalId }) => {
    note(`update ${logicalId}`);
    return {
      physicalId: `${logicalId}-${properties.Name}`,
      attributes: { Arn: `arn:${logicalId}-${properties.Name}` },
    };
  },
  delete: ({ physicalId }) => note(`delete ${physicalId}`),
};

const things = (_host: Host): Service => ({
  name: 'things',
  operations: {},
  resources: { 'Test::Thing': thing, 'Test::Other': thing },
});

const stack = (
  resources: Record<string, Partial<TemplateResource>>,
  stackName = 'App',
): Assembly['stacks'][number] => ({
  stackName,
  parameters: {},
  template: {
    Resources: Object.fromEntries(
      Object.entries(resources).map(([id, resource]) => [id, { Type: 'Test::Thing', ...resource }]),
    ),
  },
});

const deploy = (...stacks: Assembly['stacks']) =>
  deployAssembly(running.host, { directory: '/', stacks, assets: [] });

const restart = async () => {
  running = await running.killAndRestart();
  calls = [];
};

beforeEach(async () => {
  calls = [];
  failAt = undefined;
  running = await startHost(newFolder(), [things]);
});
afterEach(() => running.stop());

const arnOf = (id: string) => ({ 'Fn::GetAtt': [id, 'Arn'] });

describe('deployAssembly', () => {
  it('creates each resource after those that it refers to', async () => {
    await deploy(
      stack({
        A: { Properties: { Name: 'a', To: { 'Fn::Sub': `to \${B}` } } },
        B: { Properties: { Name: 'b', To: arnOf('C') } },
        C: { DependsOn: 'D', Properties: { Name: 'c' } },
        D: { Properties: { Name: 'd' } },
      }),
    );
    expect(calls).toEqual(['create D', 'create C', 'create B', 'create A']);
    expect(running.host.store.table('assembly.resources').has('App/A')).toBe(true);
    expect(deployed(running.store).resource('App', 'A')?.properties).toEqual({ Name: 'a', To: 'to B-b' });
  });

  it('fails on a circle, listing it, before anything is made', async () => {
    const circular = stack({
      A: { Properties: { To: { Ref: 'B' } } },
      B: { Properties: { To: { Ref: 'A' } } },
    });
    await expect(deploy(circular)).rejects.toThrow(
      'Stack App: resources depend on each other in a circle: A → B → A',
    );
    expect(calls).toEqual([]);
  });

  it('fails on an unknown type, naming it and the place, before anything is made', async () => {
    await expect(deploy(stack({ A: {}, B: { Type: 'AWS::Moon::Base' } }))).rejects.toThrow(
      'App/B: the emulator does not know the type AWS::Moon::Base',
    );
    expect(calls).toEqual([]);
  });

  it('makes nothing at a second start with the same template', async () => {
    const template = stack({ A: { Properties: { Name: 'a' } }, B: { Properties: { To: arnOf('A') } } });
    await deploy(template);
    await restart();
    const { changes } = await deploy(template);
    expect(calls).toEqual([]);
    expect(changes).toEqual([]);
  });

  it('updates what has changed, and what refers to what was replaced; deletes the old one last', async () => {
    const template = (name: string, size: number) =>
      stack({
        A: { Properties: { Name: name } },
        B: { Properties: { To: arnOf('A') } },
        C: { Properties: { Name: 'c', Size: size } },
      });
    await deploy(template('old', 1));
    calls = [];
    await deploy(template('old', 2));
    expect(calls).toEqual(['update C']);
    calls = [];
    await deploy(template('new', 2));
    expect(calls).toEqual(['update A', 'update B', 'delete A-old']);
    expect(deployed(running.store).resource('App', 'B')?.properties).toEqual({ To: 'arn:A-new' });
  });

  it('replaces a resource whose type has changed', async () => {
    await deploy(stack({ A: { Properties: { Name: 'x' } } }));
    calls = [];
    await deploy(stack({ A: { Type: 'Test::Other', Properties: { Name: 'x' } } }));
    expect(calls).toEqual(['create A', 'delete A-x']);
  });

  it('deletes what has left the template in reverse order, and retains what is to be retained', async () => {
    const keep = { Name: 'keep' };
    await deploy(
      stack({
        A: { Properties: { Name: 'a' } },
        B: { Properties: { Name: 'b', To: arnOf('A') } },
        K: { Properties: { ...keep, To: arnOf('B') }, DeletionPolicy: 'Retain' },
      }),
    );
    calls = [];
    const { changes } = await deploy(stack({}));
    expect(calls).toEqual(['delete B-b', 'delete A-a']);
    expect(changes.map(({ action, logicalId }) => `${action} ${logicalId}`)).toEqual([
      'retained K',
      'deleted B',
      'deleted A',
    ]);
  });

  it('goes on after a failure where it stopped, naming what failed', async () => {
    const template = stack({
      A: { Properties: { Name: 'a' } },
      B: { Properties: { Name: 'b', To: arnOf('A') } },
      C: { Properties: { Name: 'c', To: arnOf('B') } },
    });
    failAt = 'create B';
    await expect(deploy(template)).rejects.toThrow('Creating Test::Thing App/B failed: the disk is full');
    await restart();
    await deploy(template);
    expect(calls).toEqual(['create B', 'create C']);
  });

  it('repeats an update that was under way, even back to what it was', async () => {
    const template = (size: number) => stack({ A: { Properties: { Name: 'a', Size: size } } });
    await deploy(template(1));
    failAt = 'update A';
    await expect(deploy(template(2))).rejects.toThrow('Updating Test::Thing App/A failed');
    await restart();
    await deploy(template(1));
    expect(calls).toEqual(['update A']);
  });

  it('takes up the deletion of what was replaced', async () => {
    await deploy(stack({ A: { Properties: { Name: 'old' } } }));
    failAt = 'delete A-old';
    const replaced = stack({ A: { Properties: { Name: 'new' } } });
    await expect(deploy(replaced)).rejects.toThrow('Deleting Test::Thing App/A failed');
    await restart();
    await deploy(replaced);
    expect(calls).toEqual(['delete A-old']);
  });

  it('passes exports to later stacks and gives outputs', async () => {
    const platform = stack({ A: { Properties: { Name: 'a' } } }, 'Platform');
    const exporting = {
      ...platform,
      template: {
        ...platform.template,
        Outputs: { Out: { Value: arnOf('A'), Export: { Name: 'Platform:A' } } },
      },
    };
    const { stackOutputs, resource } = await deploy(
      exporting,
      stack({ B: { Properties: { To: { 'Fn::ImportValue': 'Platform:A' } } } }),
    );
    expect(stackOutputs('Platform')).toEqual({ Out: 'arn:A-a' });
    expect(resource('App', 'B')?.properties).toEqual({ To: 'arn:A-a' });
    expect(() => stackOutputs('Nowhere')).toThrow(
      'The stack Nowhere is not deployed (deployed: Platform, App).',
    );
  });

  it('leaves out resources whose condition does not hold', async () => {
    const base = stack({
      A: { Condition: 'Never' },
      B: { Properties: { To: { 'Fn::If': ['Never', { Ref: 'A' }, 'none'] } } },
    });
    const template = { ...base.template, Conditions: { Never: { 'Fn::Equals': ['a', 'b'] } } };
    const { resource } = await deploy({ ...base, template });
    expect(calls).toEqual(['create B']);
    expect(resource('App', 'B')?.properties).toEqual({ To: 'none' });
  });

  it('gives parameters that AWS keeps a plausible value', async () => {
    const base = stack({ A: { Properties: { Image: { Ref: 'Image' } } } });
    const Image = {
      Type: 'AWS::SSM::Parameter::Value<AWS::EC2::Image::Id>',
      Default: '/aws/service/ami-amazon-linux-latest/al2023-ami-kernel-default-x86_64',
    };
    const { resource } = await deploy({ ...base, template: { ...base.template, Parameters: { Image } } });
    expect(resource('App', 'A')?.properties.Image).toMatch(/^ami-[0-9a-f]{17}$/);
  });

  it('knows network and dashboards as inert, with what others refer to', async () => {
    const { resource } = await deploy(
      stack({
        Vpc: { Type: 'AWS::EC2::VPC', Properties: { CidrBlock: '10.0.0.0/16' } },
        Subnet: {
          Type: 'AWS::EC2::Subnet',
          Properties: { VpcId: { Ref: 'Vpc' }, AvailabilityZone: 'us-east-1b' },
        },
        Dashboard: { Type: 'AWS::CloudWatch::Dashboard', Properties: {} },
        A: {
          Properties: {
            zone: { 'Fn::GetAtt': ['Subnet', 'AvailabilityZone'] },
            block: { 'Fn::GetAtt': ['Vpc', 'CidrBlock'] },
            dashboard: { Ref: 'Dashboard' },
          },
        },
      }),
    );
    expect(resource('App', 'Vpc')?.state.physicalId).toMatch(/^vpc-0[0-9a-f]{16}$/);
    expect(resource('App', 'A')?.properties).toMatchObject({
      zone: 'us-east-1b',
      block: '10.0.0.0/16',
      dashboard: expect.stringMatching(/^App-Dashboard-/),
    });
  });

  it('fails on an attribute that a resource does not have', () =>
    expect(
      deploy(stack({ A: {}, B: { Properties: { To: { 'Fn::GetAtt': ['A', 'Url'] } } } })),
    ).rejects.toThrow('App/B: A (Test::Thing) has no attribute Url in the emulator (has: Arn).'));

  it.each<[string, object, string]>([
    ['Transform', { Transform: 'AWS::Serverless' }, 'the section Transform of its template'],
    ['a rule', { Rules: { MustBe: {} } }, 'the rule MustBe'],
  ])('fails on %s, which it would not honour', (_name, extra, message) => {
    const base = stack({ A: {} });
    return expect(deploy({ ...base, template: { ...base.template, ...extra } })).rejects.toThrow(message);
  });
});

describe('removeStack', () => {
  it('deletes everything but what is retained, and may be called again', async () => {
    await deploy(
      stack({ A: { Properties: { Name: 'a' } }, B: { Properties: { Name: 'b', To: arnOf('A') } } }),
    );
    calls = [];
    await removeStack(running.host, 'App');
    await removeStack(running.host, 'App');
    expect(calls).toEqual(['delete B-b', 'delete A-a']);
    expect(deployed(running.store).stackNames()).toEqual([]);
  });
});
