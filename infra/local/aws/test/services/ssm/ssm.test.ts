import { createKmsService } from '../../../services/kms/kms.ts';
import { createSsmService } from '../../../services/ssm/ssm.ts';
import {
  administrator,
  context,
  create,
  createWorld,
  putRole,
  runFor,
  startProcess,
  until,
  type World,
} from '../shared/test-host.ts';

const NAME = '/lockstep/orders/qat/image';
const BASE = 'ami-0123456789abcdef0';
const BUILT = 'ami-0fedcba9876543210';

describe('Parameter Store', () => {
  let world: World;

  beforeEach(() => {
    world = createWorld();
    world.played.ec2 = {
      DescribeImages: ({ ImageIds = [] }: { ImageIds?: string[] }) => ({
        Images: ImageIds.filter((id) => id === BASE || id === BUILT).map((ImageId) => ({ ImageId })),
      }),
    };
  });
  afterEach(() => world.remove());

  const open = () => {
    const process = startProcess(world);
    const ssm = process.register(createSsmService);
    const call = <Output = Record<string, unknown>>(name: string, input: object, principal = administrator) =>
      process.inner.call<Output>(principal, 'ssm', name, input);
    const value = async (Name = NAME) =>
      (await call<{ Parameter: { Value: string } }>('GetParameter', { Name })).Parameter.Value;
    return { process, ssm, call, value };
  };
  const imageParameter = { Name: NAME, Type: 'String', DataType: 'aws:ec2:image', Value: BASE };

  it('answers a write of an image at once and changes the value when EC2 knows the image (T53)', async () => {
    const { ssm, call, value } = open();
    await create(ssm, 'AWS::SSM::Parameter', 'Image', imageParameter);
    expect(await call('PutParameter', { Name: NAME, Value: BUILT, Overwrite: true })).toEqual({
      Version: 2,
      Tier: 'Standard',
    });
    expect(await value()).toBe(BASE);
    await runFor(world, 200);
    expect(await value()).toBe(BUILT);
  });

  it('keeps the old value in silence when EC2 does not know the image (T53)', async () => {
    const { ssm, call, value } = open();
    await create(ssm, 'AWS::SSM::Parameter', 'Image', imageParameter);
    await call('PutParameter', { Name: NAME, Value: 'ami-00000000000000000', Overwrite: true });
    await until(world, () => world.logs.some(({ service }) => service === 'ssm'));
    expect(await value()).toBe(BASE);
    expect(world.logs[0]?.message).toContain('keeps its value: ami-00000000000000000 is no image');
  });

  it('keeps the old value when the writer may not describe images (T53)', async () => {
    const writer = putRole(world, 'writer', 'lambda.amazonaws.com', [
      { Effect: 'Allow', Action: 'ssm:*', Resource: '*' },
    ]);
    const { ssm, call, value } = open();
    await create(ssm, 'AWS::SSM::Parameter', 'Image', imageParameter);
    await call('PutParameter', { Name: NAME, Value: BUILT, Overwrite: true }, writer);
    await until(world, () => world.logs.length > 0);
    expect(await value()).toBe(BASE);
    expect(world.logs[0]?.message).toContain('ec2:DescribeImages');
  });

  it('finishes a write after a crash, and the later of two stays', async () => {
    const first = open();
    await create(first.ssm, 'AWS::SSM::Parameter', 'Image', imageParameter);
    await first.call('PutParameter', { Name: NAME, Value: BASE, Overwrite: true });
    await first.call('PutParameter', { Name: NAME, Value: BUILT, Overwrite: true });
    first.process.kill();
    const { ssm, value } = open();
    ssm.start?.();
    await runFor(world, 200);
    expect(await value()).toBe(BUILT);
  });

  it('resets the value when the template changes it, and only then (T11)', async () => {
    const { ssm, call, value } = open();
    const state = await create(ssm, 'AWS::SSM::Parameter', 'Image', imageParameter);
    const update = (now: object, before: object) =>
      ssm.resources['AWS::SSM::Parameter']?.update({ ...imageParameter, ...now }, context('Image'), {
        state,
        properties: { ...imageParameter, ...before },
      });
    await call('PutParameter', { Name: NAME, Value: BUILT, Overwrite: true });
    await runFor(world, 200);
    await update({ Description: 'new' }, {});
    expect(await value()).toBe(BUILT);
    await update({ Value: 'ami-0aaaaaaaaaaaaaaaa' }, {});
    expect(await value()).toBe('ami-0aaaaaaaaaaaaaaaa');
    expect(await create(ssm, 'AWS::SSM::Parameter', 'Image', imageParameter)).toEqual(state);
    await expect(create(ssm, 'AWS::SSM::Parameter', 'Other', imageParameter)).rejects.toMatchObject({
      name: 'ParameterAlreadyExists',
    });
    await ssm.resources['AWS::SSM::Parameter']?.delete(state, context('Image'), imageParameter);
    await expect(value()).rejects.toMatchObject({ name: 'ParameterNotFound' });
  });

  it('reads by name, by names and by path, with pages', async () => {
    const { call } = open();
    for (const name of ['/a/one', '/a/two', '/a/b/three', 'plain'])
      await call('PutParameter', { Name: name, Value: name, Type: 'String' });
    const names = (answer: { Parameters: { Name: string }[] }) => answer.Parameters.map(({ Name }) => Name);
    expect(names(await call('GetParametersByPath', { Path: '/a' }))).toEqual(['/a/one', '/a/two']);
    const page = await call<{ Parameters: { Name: string }[]; NextToken: string }>('GetParametersByPath', {
      Path: '/a/',
      Recursive: true,
      MaxResults: 2,
    });
    expect(names(page)).toEqual(['/a/one', '/a/two']);
    expect(
      names(
        await call('GetParametersByPath', {
          Path: '/a/',
          Recursive: true,
          MaxResults: 2,
          NextToken: page.NextToken,
        }),
      ),
    ).toEqual(['/a/b/three']);
    expect(await call('GetParameters', { Names: ['plain', '/gone'] })).toMatchObject({
      Parameters: [{ Name: 'plain' }],
      InvalidParameters: ['/gone'],
    });
    expect(await call('GetParameter', { Name: 'plain:1' })).toMatchObject({
      Parameter: { Version: 1, DataType: 'text' },
    });
    await expect(call('GetParameter', { Name: 'plain:2' })).rejects.toMatchObject({
      name: 'ParameterNotFound',
    });
    await expect(call('GetParametersByPath', { Path: '/a', NextToken: 'x' })).rejects.toMatchObject({
      name: 'InvalidNextToken',
    });
  });

  it("gives AWS's public images without their being there, always the same", async () => {
    const { value } = open();
    const name = '/aws/service/ami-amazon-linux-latest/al2023-ami-kernel-default-x86_64';
    expect(await value(name)).toMatch(/^ami-[0-9a-f]{17}$/);
    expect(await value(name)).toBe(await value(name));
  });

  it('fails for what Parameter Store rejects', async () => {
    const { call, ssm } = open();
    await call('PutParameter', { Name: 'one', Value: 'x', Type: 'String' });
    await expect(call('PutParameter', { Name: 'one', Value: 'y' })).rejects.toMatchObject({
      name: 'ParameterAlreadyExists',
    });
    await expect(call('PutParameter', { Name: 'two', Value: 'y' })).rejects.toThrow('Type must be');
    await expect(call('PutParameter', { Name: 'a/b', Value: 'y', Type: 'String' })).rejects.toMatchObject({
      name: 'ValidationException',
    });
    await expect(call('PutParameter', { Name: '/aws/x', Value: 'y', Type: 'String' })).rejects.toThrow(
      'reserved',
    );
    await expect(call('PutParameter', { Name: 'two', Value: '', Type: 'String' })).rejects.toThrow(
      'received 0',
    );
    await expect(call('DeleteParameter', { Name: 'two' })).rejects.toMatchObject({
      name: 'ParameterNotFound',
    });
    await expect(
      create(ssm, 'AWS::SSM::Parameter', 'P', { ...imageParameter, Value: 'latest' }),
    ).rejects.toThrow(/Value must be an image's id/);
    await expect(
      create(ssm, 'AWS::SSM::Parameter', 'P', { ...imageParameter, Type: 'SecureString' }),
    ).rejects.toThrow('Type');
  });

  describe('a SecureString', () => {
    const readers = (action: string) => [
      { Effect: 'Allow', Action: 'ssm:*', Resource: '*' } as const,
      { Effect: 'Allow', Action: action, Resource: '*' } as const,
    ];
    const read = (Name: string, WithDecryption?: boolean) => ({ Name, WithDecryption });
    const secret = { Name: '/a/secret', Type: 'SecureString', Value: 'hunter2' };

    it('is encrypted with the key of the caller, who needs the permission to decrypt', async () => {
      const { process, call } = open();
      const key = await create(process.register(createKmsService), 'AWS::KMS::Key', 'Key', {});
      await call('PutParameter', { ...secret, KeyId: key.physicalId });
      expect(JSON.stringify(world.store.table('ssm.parameters').values())).not.toContain('hunter2');
      const may = putRole(world, 'may', 'lambda.amazonaws.com', readers('kms:Decrypt'));
      const mayNot = putRole(world, 'may-not', 'lambda.amazonaws.com', readers('kms:Encrypt'));
      for (const caller of [administrator, may]) {
        expect(await call('GetParameter', read(secret.Name, true), caller)).toMatchObject({
          Parameter: { Type: 'SecureString', Value: 'hunter2' },
        });
        expect(
          await call('GetParameters', { Names: [secret.Name], WithDecryption: true }, caller),
        ).toMatchObject({ Parameters: [{ Value: 'hunter2' }] });
        expect(await call('GetParametersByPath', { Path: '/a', WithDecryption: true }, caller)).toMatchObject(
          { Parameters: [{ Value: 'hunter2' }] },
        );
      }
      await expect(call('GetParameter', read(secret.Name, true), mayNot)).rejects.toThrow(
        `kms:Decrypt on resource: ${key.attributes.Arn}`,
      );
      const { Parameter } = await call<{ Parameter: { Value: string } }>(
        'GetParameter',
        read(secret.Name),
        mayNot,
      );
      expect(Parameter.Value).not.toContain('hunter2');
      await expect(
        call('PutParameter', { ...secret, Value: 'x', KeyId: key.physicalId, Overwrite: true }, may),
      ).rejects.toThrow('kms:Encrypt');
      // What is written over stays under its key.
      await call('PutParameter', { Name: secret.Name, Value: 'other', Overwrite: true });
      await expect(call('GetParameter', read(secret.Name, true), mayNot)).rejects.toThrow('kms:Decrypt');
    });

    it("is encrypted with the account's own key by default, which asks nobody for a permission", async () => {
      const { process, call } = open();
      process.register(createKmsService);
      const reader = putRole(world, 'reader', 'lambda.amazonaws.com', readers('s3:*'));
      await call('PutParameter', secret, reader);
      expect(await call('GetParameter', read(secret.Name, true), reader)).toMatchObject({
        Parameter: { Value: 'hunter2' },
      });
    });

    it('fails for a key that does not exist, and for a key of a parameter that is none', async () => {
      const { process, call } = open();
      process.register(createKmsService);
      await expect(call('PutParameter', { ...secret, KeyId: 'alias/none' })).rejects.toMatchObject({
        name: 'InvalidKeyId',
      });
      await expect(call('PutParameter', { ...secret, Type: 'String', KeyId: 'alias/none' })).rejects.toThrow(
        'SecureString type parameter only',
      );
    });
  });

  it('names the ARN in denials', async () => {
    const reader = putRole(world, 'reader', 'lambda.amazonaws.com', []);
    const { call } = open();
    await call('PutParameter', { Name: '/a/one', Value: 'x', Type: 'String' });
    await expect(call('GetParameter', { Name: '/a/one' }, reader)).rejects.toThrow(
      'ssm:GetParameter on resource: arn:aws:ssm:us-east-1:000000000000:parameter/a/one',
    );
  });
});
