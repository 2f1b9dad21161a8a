import { DescribeKeyCommand, KMSClient, NotFoundException } from '@aws-sdk/client-kms';
import { artifactKey } from '../../../tasks/artifacts/artifact-key.ts';
import { createFindKey } from '../../../tasks/artifacts/kms-keys.ts';
import { because, double, offline, on } from '../doubles/sdk.ts';

const ALIAS = 'arn:aws:kms:eu-west-1:111111111111:alias/lockstep-orders-artifacts';
const KEY = 'arn:aws:kms:eu-west-1:111111111111:key/0123';
const regions: string[] = [];
const keys = double(
  new KMSClient(offline),
  on(DescribeKeyCommand, ({ KeyId }) => {
    if (KeyId !== ALIAS) throw new NotFoundException(because('no such alias'));
    return { KeyMetadata: { KeyId: '0123', Arn: KEY } };
  }),
);
const handler = artifactKey(
  createFindKey((region) => {
    regions.push(region);
    return keys.client;
  }),
);
const request = (RequestType: 'Create' | 'Update' | 'Delete', properties: object) =>
  handler({
    RequestType,
    ResourceProperties: { ServiceToken: 'arn', ...properties },
  });

describe('the key of revisions in another region', () => {
  it.each(['Create', 'Update'] as const)('T52: is found there by its alias on %s', async (type) => {
    expect(await request(type, { AliasArn: ALIAS, Region: 'eu-west-1' })).toEqual({
      PhysicalResourceId: ALIAS,
      Data: { KeyArn: KEY },
    });
    expect(regions.at(-1)).toBe('eu-west-1');
  });

  it('is not asked for on Delete, when it may be gone', async () => {
    const asked = regions.length;
    expect(await request('Delete', { AliasArn: ALIAS })).toEqual({ PhysicalResourceId: ALIAS });
    expect(regions).toHaveLength(asked);
  });

  it.each([
    ['an alias without a key', { AliasArn: `${ALIAS}-other`, Region: 'eu-west-1' }, /deploy the stack/],
    ['no region', { AliasArn: ALIAS }, /property Region is undefined/],
    ['an empty alias', { AliasArn: '', Region: 'eu-west-1' }, /property AliasArn is ""/],
  ])('fails for %s', async (_, properties, message) => {
    await expect(request('Create', properties)).rejects.toMatchObject({
      name: 'ArtifactKey',
      message: expect.stringMatching(message),
    });
  });

  it('fails with the error of KMS', async () => {
    const { client } = double(new KMSClient(offline));
    await expect(createFindKey(() => client)('eu-west-1', ALIAS)).rejects.toThrow('DescribeKeyCommand');
  });
});
