import { resourceContext } from '../../../assembly/stack-records.ts';
import { createCognitoService } from '../../../services/cognito-idp/cognito-idp.ts';
import { poolTables, usersOf } from '../../../services/cognito-idp/pools.ts';
import { createResource, serviceHost, testPeople } from './user-pool.ts';

const client = {
  GenerateSecret: false,
  AllowedOAuthFlows: ['code'],
  AllowedOAuthScopes: ['openid'],
  CallbackURLs: ['http://127.0.0.1:1/signed-in'],
};

const setUp = async () => {
  const { host } = await serviceHost();
  const service = createCognitoService(host, { people: testPeople });
  const pool = await createResource(service, 'AWS::Cognito::UserPool', 'Pool', { UserPoolName: 'people' });
  return { host, service, pool, tables: poolTables(host, testPeople) };
};

describe('AWS::Cognito::UserPool', () => {
  it('has the issuer of the sign-in server as its provider URL', async () => {
    const { host, pool } = await setUp();
    expect(pool.physicalId).toMatch(/^us-east-1_[a-z0-9]{9}$/);
    expect(pool.attributes).toEqual({
      Arn: `arn:aws:cognito-idp:us-east-1:000000000000:userpool/${pool.physicalId}`,
      ProviderName: `cognito-idp.us-east-1.amazonaws.com/${pool.physicalId}`,
      ProviderURL: `http://127.0.0.1:${host.ports.signIn}/${pool.physicalId}`,
      UserPoolId: pool.physicalId,
    });
  });

  it('keeps its id and its keys over an update and a repeated creation', async () => {
    const { service, pool, tables } = await setUp();
    const keys = tables.keys.get(pool.physicalId);
    const again = await createResource(service, 'AWS::Cognito::UserPool', 'Pool', {});
    const updated = await service.resources['AWS::Cognito::UserPool']?.update(
      { UserPoolName: 'staff' },
      resourceContext('Platform', 'Pool'),
      { state: pool, properties: {} },
    );
    expect([again.physicalId, updated?.physicalId]).toEqual([pool.physicalId, pool.physicalId]);
    expect(tables.keys.get(pool.physicalId)).toEqual(keys);
    expect(tables.pools.get(pool.physicalId)?.name).toBe('staff');
  });

  it('fails for a property that it does not know', async () => {
    const { service } = await setUp();
    await expect(
      createResource(service, 'AWS::Cognito::UserPool', 'Other', { LambdaConfig: {} }),
    ).rejects.toThrow(
      'AWS::Cognito::UserPool Platform/Other: property LambdaConfig is not known to the emulator',
    );
  });
});

describe('AWS::Cognito::UserPoolGroup', () => {
  it('gives people the groups that the template declares, and no others', async () => {
    const { service, pool, tables } = await setUp();
    await createResource(service, 'AWS::Cognito::UserPoolGroup', 'Qc', {
      UserPoolId: pool.physicalId,
      GroupName: 'qc',
    });
    const groups = Object.fromEntries(
      usersOf(tables, pool.physicalId).map(({ name, groups }) => [name, groups]),
    );
    expect(groups).toEqual({ quinn: ['qc'], parker: [], sam: ['qc'], dana: [], olga: [] });
  });

  it('is replaced under another name, and gone when deleted', async () => {
    const { service, pool, tables } = await setUp();
    const properties = { UserPoolId: pool.physicalId, GroupName: 'qc' };
    const group = await createResource(service, 'AWS::Cognito::UserPoolGroup', 'Qc', properties);
    const provider = service.resources['AWS::Cognito::UserPoolGroup'];
    const context = resourceContext('Platform', 'Qc');
    const renamed = await provider?.update({ ...properties, GroupName: 'quality' }, context, {
      state: group,
      properties,
    });
    expect(renamed?.physicalId).toBe('quality');
    await provider?.delete(group, context, properties);
    await provider?.delete(group, context, properties);
    expect(tables.groups.values().map(({ name }) => name)).toEqual(['quality']);
  });
});

describe('AWS::Cognito::UserPoolClient', () => {
  it('is another client for another pool, and the same one otherwise', async () => {
    const { service, pool } = await setUp();
    const other = await createResource(service, 'AWS::Cognito::UserPool', 'Other', {});
    const properties = { ...client, UserPoolId: pool.physicalId };
    const first = await createResource(service, 'AWS::Cognito::UserPoolClient', 'Site', properties);
    const provider = service.resources['AWS::Cognito::UserPoolClient'];
    const context = resourceContext('Platform', 'Site');
    const before = { state: first, properties };
    const same = await provider?.update({ ...properties, AccessTokenValidity: 5 }, context, before);
    const moved = await provider?.update({ ...properties, UserPoolId: other.physicalId }, context, before);
    expect(first.physicalId).toMatch(/^[a-z0-9]{26}$/);
    expect(same?.physicalId).toBe(first.physicalId);
    expect(moved?.physicalId).not.toBe(first.physicalId);
  });

  it.each([
    ['GenerateSecret', { GenerateSecret: true }],
    ['AllowedOAuthFlows', { AllowedOAuthFlows: ['implicit'] }],
    ['AllowedOAuthScopes', { AllowedOAuthScopes: ['email'] }],
    ['CallbackURLs', { CallbackURLs: [] }],
    ['CallbackURLs', { CallbackURLs: ['signed-in'] }],
    ['UserPoolId', { UserPoolId: 'us-east-1_unknown' }],
  ])('fails for a wrong %s (%j)', async (property, change) => {
    const { service, pool } = await setUp();
    await expect(
      createResource(service, 'AWS::Cognito::UserPoolClient', 'Site', {
        ...client,
        UserPoolId: pool.physicalId,
        ...change,
      }),
    ).rejects.toThrow(new RegExp(`AWS::Cognito::UserPoolClient Platform/Site: property ${property} must`));
  });
});

describe('AWS::Cognito::ManagedLoginBranding', () => {
  it('is of a pool and a client, and fails for those that are not there', async () => {
    const { service, pool } = await setUp();
    const UserPoolId = pool.physicalId;
    const site = await createResource(service, 'AWS::Cognito::UserPoolClient', 'Site', {
      ...client,
      UserPoolId,
    });
    const create = (change: object) =>
      createResource(service, 'AWS::Cognito::ManagedLoginBranding', 'Branding', {
        UserPoolId,
        ClientId: site.physicalId,
        UseCognitoProvidedValues: true,
        ...change,
      });
    expect((await create({})).physicalId).toBe(`${UserPoolId}|${site.physicalId}`);
    await expect(create({ ClientId: 'unknown' })).rejects.toThrow('property ClientId must be a client');
    await expect(create({ UserPoolId: 'unknown' })).rejects.toThrow(
      'property UserPoolId must be a user pool',
    );
  });
});

describe('AWS::Cognito::UserPoolDomain', () => {
  it('takes a prefix, and fails for one that Cognito would not take', async () => {
    const { service, pool } = await setUp();
    const create = (Domain: string) =>
      createResource(service, 'AWS::Cognito::UserPoolDomain', 'Domain', {
        UserPoolId: pool.physicalId,
        Domain,
      });
    expect((await create('lockstep-000000000000')).physicalId).toBe('lockstep-000000000000');
    await expect(create('Lockstep_')).rejects.toThrow('property Domain must be 1 to 63 lower-case letters');
  });
});
