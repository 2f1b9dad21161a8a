import os from 'node:os';
import { createClock } from '../../../clock.ts';
import { createHost } from '../../../create-host.ts';
import type {
  Principal,
  ResourceContext,
  ResourceProperties,
  ResourceState,
  Service,
} from '../../../host.ts';
import { createDirectory } from '../../../iam/directory.ts';
import { createIamService } from '../../../services/iam/iam.ts';
import { createMemoryStore } from '../../../store.ts';
import { anyPorts } from '../../endpoint/fixture.ts';
import { policyOf } from '../../iam/roles.ts';

const administrator: Principal = { kind: 'administrator' };
const basicArn = 'arn:aws:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole';
const trust = policyOf({
  Effect: 'Allow',
  Principal: { Service: 'lambda.amazonaws.com' },
  Action: 'sts:AssumeRole',
});
const grant = (Action: string) => policyOf({ Effect: 'Allow', Action, Resource: '*' });

const contextOf = (logicalId: string): ResourceContext => ({
  stackName: 'Orders',
  logicalId,
  generatedName: (max = 64) => `Orders-${logicalId}-ABC`.slice(0, max),
});

const setUp = () => {
  const host = createHost({
    stateDir: os.tmpdir(),
    store: createMemoryStore(),
    clock: createClock(() => 1_000),
    ports: anyPorts,
    log: () => undefined,
  });
  const service = createIamService(host);
  host.register(service);
  const directory = createDirectory(host.store);
  /** The only role's session. */
  const session: Principal = {
    kind: 'role',
    roleArn: 'arn:aws:iam::000000000000:role/Orders-Worker-ABC',
    sessionName: 's',
  };
  const may = (action: string): boolean => {
    try {
      host.authorize(session, { action, resource: '*' });
      return true;
    } catch {
      return false;
    }
  };
  return { host, service, directory, session, may, ...providersOf(service) };
};

const providersOf = (service: Service) => {
  const provider = (type: string) => {
    const found = service.resources[`AWS::IAM::${type}`];
    if (!found) throw new Error(`There is no provider of ${type}.`);
    return found;
  };
  return {
    create: async (type: string, logicalId: string, properties: ResourceProperties) =>
      provider(type).create(properties, contextOf(logicalId)),
    update: async (
      type: string,
      logicalId: string,
      properties: ResourceProperties,
      before: { state: ResourceState; properties: ResourceProperties },
    ) => provider(type).update(properties, contextOf(logicalId), before),
    remove: async (type: string, logicalId: string, state: ResourceState, properties: ResourceProperties) =>
      provider(type).delete(state, contextOf(logicalId), properties),
  };
};

describe('AWS::IAM::Role', () => {
  const properties = {
    AssumeRolePolicyDocument: trust,
    ManagedPolicyArns: [basicArn],
    Policies: [{ PolicyName: 'Own', PolicyDocument: grant('sns:Publish') }],
  };

  it('gives name, ARN and id, and the permissions of its policies', async () => {
    const { create, may } = setUp();
    expect(await create('Role', 'Worker', { ...properties, Path: '/tasks/' })).toEqual({
      physicalId: 'Orders-Worker-ABC',
      attributes: {
        Arn: 'arn:aws:iam::000000000000:role/tasks/Orders-Worker-ABC',
        RoleId: expect.stringMatching(/^AROA[0-9A-F]{17}$/),
      },
    });
    expect(may('sns:Publish')).toBe(false);
    await create('Role', 'Worker', properties);
    expect([may('sns:Publish'), may('logs:PutLogEvents'), may('sns:Subscribe')]).toEqual([true, true, false]);
  });

  it('loses on update what its template no longer says, and keeps what others attached', async () => {
    const { create, update, may } = setUp();
    const state = await create('Role', 'Worker', properties);
    await create('Policy', 'Extra', {
      PolicyName: 'Extra',
      PolicyDocument: grant('ssm:GetParameter'),
      Roles: [state.physicalId],
    });
    const updated = await update(
      'Role',
      'Worker',
      { AssumeRolePolicyDocument: trust },
      { state, properties },
    );
    expect(updated).toEqual(state);
    expect([may('sns:Publish'), may('logs:PutLogEvents'), may('ssm:GetParameter')]).toEqual([
      false,
      false,
      true,
    ]);
  });

  it('is replaced when its name changes', async () => {
    const { create, update, remove, directory } = setUp();
    const before = { ...properties, RoleName: 'old' };
    const state = await create('Role', 'Worker', before);
    const next = await update(
      'Role',
      'Worker',
      { ...properties, RoleName: 'new' },
      { state, properties: before },
    );
    expect(next.physicalId).toBe('new');
    await remove('Role', 'Worker', state, before);
    await remove('Role', 'Worker', state, before);
    expect(directory.roles.keys()).toEqual(['new']);
  });

  it.each<[string, object, RegExp]>([
    [
      'an unknown property',
      { Colour: 'red' },
      /AWS::IAM::Role Worker \(stack Orders\): property Colour is not known/,
    ],
    [
      'no trust policy',
      { AssumeRolePolicyDocument: undefined },
      /property AssumeRolePolicyDocument must be a policy/,
    ],
    ['a name that is no text', { RoleName: 7 }, /property RoleName must be text, but was 7/],
    [
      'a policy without document',
      { Policies: [{ PolicyName: 'x' }] },
      /property Policies has an entry without/,
    ],
    [
      'an AWS policy that is not held',
      { ManagedPolicyArns: ['arn:aws:iam::aws:policy/Nope'] },
      /no document for .*Nope/,
    ],
    [
      'a managed policy that does not exist',
      { ManagedPolicyArns: ['arn:aws:iam::000000000000:policy/p'] },
      /property ManagedPolicyArns names .*policy\/p, which does not exist/,
    ],
    [
      'a condition that cannot be evaluated',
      {
        Policies: [
          {
            PolicyName: 'P',
            PolicyDocument: policyOf({
              Effect: 'Allow',
              Action: 'a:b',
              Resource: '*',
              Condition: { IpAddress: { a: 'b' } },
            }),
          },
        ],
      },
      /Policy Worker\.P, statement 1: the condition operator "IpAddress"/,
    ],
    ['tags that are none', { Tags: [{ Key: 'a' }] }, /property Tags must be/],
  ])('fails with %s', async (_name, change, message) => {
    const { create } = setUp();
    await expect(create('Role', 'Worker', { ...properties, ...change })).rejects.toThrow(message);
  });
});

describe('AWS::IAM::Policy', () => {
  it('changes and goes in place', async () => {
    const { create, update, remove, may } = setUp();
    const role = await create('Role', 'Worker', { AssumeRolePolicyDocument: trust });
    const first = { PolicyName: 'P', PolicyDocument: grant('sns:Publish'), Roles: [role.physicalId] };
    const state = await create('Policy', 'Grant', first);
    expect(may('sns:Publish')).toBe(true);
    const second = { ...first, PolicyName: 'Q', PolicyDocument: grant('sns:Subscribe') };
    expect(await update('Policy', 'Grant', second, { state, properties: first })).toEqual(state);
    expect([may('sns:Publish'), may('sns:Subscribe')]).toEqual([false, true]);
    await remove('Policy', 'Grant', state, second);
    expect(may('sns:Subscribe')).toBe(false);
  });

  it('fails without roles, and for a role that does not exist', async () => {
    const { create } = setUp();
    const properties = { PolicyName: 'P', PolicyDocument: grant('sns:Publish') };
    await expect(create('Policy', 'Grant', properties)).rejects.toThrow(
      'property Roles must name at least one role',
    );
    await expect(create('Policy', 'Grant', { ...properties, Roles: ['gone'] })).rejects.toThrow(
      'property Roles names gone, which does not exist.',
    );
  });
});

describe('AWS::IAM::ManagedPolicy', () => {
  it('grants to the roles that it names and to those that name it', async () => {
    const { create, update, remove, may } = setUp();
    const role = await create('Role', 'Worker', { AssumeRolePolicyDocument: trust });
    const properties = { PolicyDocument: grant('sns:Publish'), Roles: [role.physicalId] };
    const state = await create('ManagedPolicy', 'Shared', properties);
    expect(state.physicalId).toBe('arn:aws:iam::000000000000:policy/Orders-Shared-ABC');
    expect(may('sns:Publish')).toBe(true);
    const unattached = { PolicyDocument: grant('sns:Publish') };
    await update('ManagedPolicy', 'Shared', unattached, { state, properties });
    expect(may('sns:Publish')).toBe(false);
    await create('Role', 'Worker', {
      AssumeRolePolicyDocument: trust,
      ManagedPolicyArns: [state.physicalId],
    });
    expect(may('sns:Publish')).toBe(true);
    await create('Role', 'Worker', {
      AssumeRolePolicyDocument: trust,
      ManagedPolicyArns: [basicArn],
      PermissionsBoundary: state.physicalId,
    });
    expect([may('sns:Publish'), may('logs:PutLogEvents')]).toEqual([true, false]);
    await remove('ManagedPolicy', 'Shared', state, unattached);
  });
});

describe('AWS::IAM::InstanceProfile and ServiceLinkedRole', () => {
  it('carry a role, or are one that AWS equips', async () => {
    const { create, host, directory } = setUp();
    const role = await create('Role', 'Worker', { AssumeRolePolicyDocument: trust });
    expect(await create('InstanceProfile', 'Profile', { Roles: [role.physicalId] })).toEqual({
      physicalId: 'Orders-Profile-ABC',
      attributes: { Arn: 'arn:aws:iam::000000000000:instance-profile/Orders-Profile-ABC' },
    });
    await create('ServiceLinkedRole', 'Linked', { AWSServiceName: 'imagebuilder.amazonaws.com' });
    const linked = directory.roles.get('AWSServiceRoleForImageBuilder');
    expect(linked?.arn).toBe(
      'arn:aws:iam::000000000000:role/aws-service-role/imagebuilder.amazonaws.com/AWSServiceRoleForImageBuilder',
    );
    const principal: Principal = { kind: 'role', roleArn: linked?.arn ?? '', sessionName: 's' };
    expect(() => host.authorize(principal, { action: 'ec2:RunInstances', resource: '*' })).not.toThrow();
    expect(host.accessReport().unused).toEqual([]);
  });

  it('T16: are not needed for a service-linked role, which AWS makes when its service needs it', () => {
    const { host } = setUp();
    const roleArn =
      'arn:aws:iam::000000000000:role/aws-service-role/imagebuilder.amazonaws.com/AWSServiceRoleForImageBuilder';
    const principal: Principal = { kind: 'role', roleArn, sessionName: 's' };
    expect(() => host.authorize(principal, { action: 'sns:Publish', resource: '*' })).not.toThrow();
    expect(host.assumeRole(roleArn, 'imagebuilder.amazonaws.com', roleArn)).toMatchObject({ roleArn });
    expect(() => host.assumeRole(roleArn, 'ec2.amazonaws.com', roleArn)).toThrow('not authorized');
  });

  it('fail for a role that does not exist, several roles, and an unknown service', async () => {
    const { create } = setUp();
    await expect(create('InstanceProfile', 'P', { Roles: ['gone'] })).rejects.toThrow(
      'names gone, which does not',
    );
    await expect(create('InstanceProfile', 'P', { Roles: [] })).rejects.toThrow('must name one role');
    await expect(create('ServiceLinkedRole', 'L', { AWSServiceName: 'x.amazonaws.com' })).rejects.toThrow(
      'property AWSServiceName is x.amazonaws.com; known are',
    );
  });
});

describe('operations', () => {
  it('describe instance profiles with their roles', async () => {
    const { create, host } = setUp();
    const role = await create('Role', 'Worker', {
      AssumeRolePolicyDocument: trust,
      Description: 'Works',
      ManagedPolicyArns: [basicArn],
      Policies: [{ PolicyName: 'Own', PolicyDocument: grant('sns:Publish') }],
    });
    await create('InstanceProfile', 'Profile', { Roles: [role.physicalId] });
    const RoleName = role.physicalId;
    const described = {
      Arn: role.attributes.Arn,
      RoleName,
      Description: 'Works',
      CreateDate: new Date(1_000),
      AssumeRolePolicyDocument: encodeURIComponent(JSON.stringify(trust)),
    };
    expect(
      await host.call(administrator, 'iam', 'GetInstanceProfile', {
        InstanceProfileName: 'Orders-Profile-ABC',
      }),
    ).toMatchObject({
      InstanceProfile: { Roles: [described] },
    });
  });

  it('fail with NoSuchEntity for an unknown instance profile', async () => {
    const { host } = setUp();
    await expect(
      host.call(administrator, 'iam', 'GetInstanceProfile', { InstanceProfileName: 'gone' }),
    ).rejects.toMatchObject({
      name: 'NoSuchEntity',
      statusCode: 404,
      message: 'Instance Profile gone cannot be found.',
    });
  });
});
