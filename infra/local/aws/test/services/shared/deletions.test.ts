import { resourceContext } from '../../../assembly/stack-records.ts';
import type { Principal } from '../../../host.ts';
import { createCognitoService } from '../../../services/cognito-idp/cognito-idp.ts';
import { createDynamoDbService } from '../../../services/dynamodb/dynamodb.ts';
import { createImageBuilderService } from '../../../services/imagebuilder/imagebuilder.ts';
import type { Image } from '../../../services/imagebuilder/records.ts';
import { createKmsService } from '../../../services/kms/kms.ts';
import { createLogsService } from '../../../services/logs/logs.ts';
import { createS3Service } from '../../../services/s3/s3.ts';
import { putRole, startHost, type TestHost, temporaryFolders } from '../../assembly/assembly-host.ts';

const newFolder = temporaryFolders();
let running: TestHost;

beforeEach(async () => {
  running = await startHost(newFolder(), [
    createS3Service,
    createKmsService,
    createLogsService,
    createDynamoDbService,
    (host) => createCognitoService(host, { people: [] }),
    createImageBuilderService,
  ]);
});
afterEach(() => running.stop());

const administrator: Principal = { kind: 'administrator' };
/** Somebody without a permission. */
const nobody = (): Principal => ({
  kind: 'role',
  roleArn: putRole(running.host, 'nobody', 'ec2.amazonaws.com'),
  sessionName: 's',
});
const call = <Output = unknown>(
  service: string,
  operation: string,
  input: object,
  as: Principal = administrator,
) => running.host.call<Output>(as, service, operation, input);
const create = async (service: string, type: string, properties: object) => {
  const provider = running.host.service(service)?.resources[type];
  if (!provider) throw new Error(`no provider of ${type}`);
  return provider.create(properties as never, resourceContext('App', 'Resource'));
};
const denied = { name: expect.stringMatching(/^AccessDenied/) };

describe('S3', () => {
  const on = { Bucket: 'bucket' };
  beforeEach(() =>
    create('s3', 'AWS::S3::Bucket', {
      BucketName: 'bucket',
      VersioningConfiguration: { Status: 'Enabled' },
      ObjectLockEnabled: true,
    }),
  );

  it('T60: deletes a bucket only when no version and no delete marker is left', async () => {
    const { VersionId } = await call<{ VersionId: string }>('s3', 'PutObject', {
      ...on,
      Key: 'k',
      Body: 'x',
    });
    await call('s3', 'DeleteObject', { ...on, Key: 'k' });
    await expect(call('s3', 'DeleteBucket', on)).rejects.toMatchObject({ name: 'BucketNotEmpty' });
    const { DeleteMarkers: [marker] = [] } = await call<{ DeleteMarkers?: { VersionId: string }[] }>(
      's3',
      'ListObjectVersions',
      on,
    );
    const Objects = [
      { Key: 'k', VersionId },
      { Key: 'k', VersionId: marker?.VersionId },
    ];
    expect(await call('s3', 'DeleteObjects', { ...on, Delete: { Objects } })).toEqual({ Deleted: Objects });
    await call('s3', 'DeleteBucket', on);
    await expect(call('s3', 'DeleteBucket', on)).rejects.toMatchObject({ name: 'NoSuchBucket' });
  });

  it('answers with an error for each object that is locked or may not be deleted, and deletes the others', async () => {
    const put = async (Key: string, more: object = {}) => ({
      Key,
      VersionId: (await call<{ VersionId: string }>('s3', 'PutObject', { ...on, Key, Body: 'x', ...more }))
        .VersionId,
    });
    const free = await put('free');
    const locked = await put('locked', {
      ObjectLockMode: 'GOVERNANCE',
      ObjectLockRetainUntilDate: new Date(running.clock.now() + 1000),
    });
    const Delete = { Objects: [free, locked] };
    expect(await call('s3', 'DeleteObjects', { ...on, Delete }, nobody())).toMatchObject({
      Deleted: [],
      Errors: [{ ...free, Code: expect.stringMatching(/^AccessDenied/) }, { Key: 'locked' }],
    });
    expect(await call('s3', 'DeleteObjects', { ...on, Delete })).toMatchObject({
      Deleted: [free],
      Errors: [{ ...locked, Code: 'AccessDenied', Message: expect.stringContaining('retained until') }],
    });
  });

  it("takes a bucket's policy away, and fails without permission", async () => {
    await create('s3', 'AWS::S3::BucketPolicy', { Bucket: 'bucket', PolicyDocument: { Statement: [] } });
    await expect(call('s3', 'DeleteBucketPolicy', on, nobody())).rejects.toMatchObject(denied);
    await call('s3', 'DeleteBucketPolicy', on);
    expect(running.host.service('s3')?.resourcePolicy?.('arn:aws:s3:::bucket')).toBeUndefined();
  });
});

it('KMS schedules a key for deletion in 7 to 30 days, and once', async () => {
  const { physicalId: KeyId } = await create('kms', 'AWS::KMS::Key', {});
  await expect(call('kms', 'ScheduleKeyDeletion', { KeyId, PendingWindowInDays: 6 })).rejects.toThrow(
    'takes 7 to 30 days, got 6',
  );
  expect(await call('kms', 'ScheduleKeyDeletion', { KeyId, PendingWindowInDays: 7 })).toMatchObject({
    KeyState: 'PendingDeletion',
    DeletionDate: expect.any(Date),
  });
  expect(await call('kms', 'DescribeKey', { KeyId })).toMatchObject({
    KeyMetadata: { KeyState: 'PendingDeletion' },
  });
  await expect(call('kms', 'ScheduleKeyDeletion', { KeyId })).rejects.toMatchObject({
    name: 'KMSInvalidStateException',
  });
});

it('CloudWatch Logs deletes a group, and fails for one that does not exist', async () => {
  await call('logs', 'CreateLogGroup', { logGroupName: 'group' });
  await expect(call('logs', 'DeleteLogGroup', { logGroupName: 'group' }, nobody())).rejects.toMatchObject(
    denied,
  );
  await call('logs', 'DeleteLogGroup', { logGroupName: 'group' });
  await expect(call('logs', 'DeleteLogGroup', { logGroupName: 'group' })).rejects.toMatchObject({
    name: 'ResourceNotFoundException',
  });
});

it('DynamoDB deletes a protected table when its protection is switched off, and updates nothing else', async () => {
  const TableName = 'table';
  await call('dynamodb', 'CreateTable', {
    TableName,
    AttributeDefinitions: [{ AttributeName: 'pk', AttributeType: 'S' }],
    KeySchema: [{ AttributeName: 'pk', KeyType: 'HASH' }],
    BillingMode: 'PAY_PER_REQUEST',
    DeletionProtectionEnabled: true,
  });
  await expect(call('dynamodb', 'DeleteTable', { TableName })).rejects.toThrow('protected against deletion');
  await expect(call('dynamodb', 'UpdateTable', { TableName, TableClass: 'STANDARD' })).rejects.toThrow(
    'updates DeletionProtectionEnabled of a table and nothing else',
  );
  await call('dynamodb', 'UpdateTable', { TableName, DeletionProtectionEnabled: false });
  await call('dynamodb', 'DeleteTable', { TableName });
});

it('Cognito deletes a protected pool when its protection is switched off', async () => {
  const { physicalId: UserPoolId } = await create('cognito-idp', 'AWS::Cognito::UserPool', {
    DeletionProtection: 'ACTIVE',
  });
  expect(await call('cognito-idp', 'DescribeUserPool', { UserPoolId })).toMatchObject({
    UserPool: { DeletionProtection: 'ACTIVE' },
  });
  await expect(call('cognito-idp', 'DeleteUserPool', { UserPoolId })).rejects.toThrow('deletion protection');
  await call('cognito-idp', 'UpdateUserPool', { UserPoolId, DeletionProtection: 'INACTIVE' });
  await call('cognito-idp', 'DeleteUserPool', { UserPoolId });
  await expect(call('cognito-idp', 'DescribeUserPool', { UserPoolId })).rejects.toMatchObject({
    name: 'ResourceNotFoundException',
  });
});

it('Image Builder lists images whose pipeline is gone, and its running builds keep their security group in use (T58)', async () => {
  const arn = 'arn:aws:imagebuilder:us-east-1:000000000000:image/lockstep-orders/1.0.0/1';
  const image: Image = {
    arn,
    name: 'lockstep-orders',
    version: '1.0.0',
    build: 1,
    pipelineArn: 'gone',
    recipeArn: 'gone',
    infrastructureArn: 'gone',
    securityGroupIds: ['sg-1'],
    status: 'BUILDING',
    createdAt: 0,
    changedAt: 0,
    isToFail: false,
    mustPublish: false,
    tags: {},
  };
  running.store.table<Image>('imagebuilder.images').put(arn, image);
  const inUse = (id: string) => running.host.service('imagebuilder')?.inUse?.('AWS::EC2::SecurityGroup', id);
  expect(inUse('sg-1')).toBe('resource sg-1 has a dependent object');
  expect(inUse('sg-2')).toBeUndefined();
  const list = (name: string) =>
    call<{ imageVersionList: { arn: string }[] }>('imagebuilder', 'ListImages', {
      owner: 'Self',
      filters: [{ name: 'name', values: [name] }],
    });
  expect((await list('lockstep-other')).imageVersionList).toEqual([]);
  const [version] = (await list('lockstep-orders')).imageVersionList;
  expect(
    await call('imagebuilder', 'ListImageBuildVersions', { imageVersionArn: version?.arn }),
  ).toMatchObject({ imageSummaryList: [{ arn, state: { status: 'BUILDING' } }] });
  await call('imagebuilder', 'CancelImageCreation', { imageBuildVersionArn: arn });
  expect(inUse('sg-1')).toBeUndefined();
});
