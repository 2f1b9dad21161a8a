import {
  DescribeStacksCommand,
  ListStackResourcesCommand,
  ListStacksCommand,
} from '@aws-sdk/client-cloudformation';
import { DescribeImagesCommand } from '@aws-sdk/client-ec2';
import { DescribeKeyCommand, NotFoundException } from '@aws-sdk/client-kms';
import { checkLeftovers } from '../../../cli/doctor/leftovers.ts';
import { because, on } from '../../tasks/doubles/sdk.ts';
import { ACCOUNT, aPlace, REGION } from './support.ts';

const image = (application: string) => ({
  Tags: [{ Key: 'lockstep:application', Value: application }],
  BlockDeviceMappings: [{ Ebs: { VolumeSize: 8 } }],
});
const DELETED = new Date('2026-11-01T00:00:00Z');

/** What is found where only `orders` is configured, `stock` still stands, and `books` is torn down. */
const findings = (
  images: readonly string[],
  keys: Readonly<Record<string, 'Enabled' | 'PendingDeletion' | 'gone'>>,
) =>
  checkLeftovers(
    aPlace(
      {},
      {
        ec2: [on(DescribeImagesCommand, () => ({ Images: images.map(image) }))],
        cloudFormation: [
          on(ListStacksCommand, () => ({
            StackSummaries: ['Lockstep-books', 'Lockstep-Platform', 'somebody-else'].map((StackName) => ({
              StackName,
              StackId: `arn:${StackName}`,
              StackStatus: 'DELETE_COMPLETE' as const,
              CreationTime: DELETED,
            })),
          })),
          on(ListStackResourcesCommand, ({ StackName }) => ({
            StackResourceSummaries: (StackName === 'arn:Lockstep-books' ? Object.keys(keys) : ['other']).map(
              (PhysicalResourceId) => ({
                LogicalResourceId: 'Key',
                ResourceType: 'AWS::KMS::Key',
                PhysicalResourceId,
                ResourceStatus: 'DELETE_SKIPPED' as const,
                LastUpdatedTimestamp: DELETED,
              }),
            ),
          })),
          on(DescribeStacksCommand, ({ StackName }) => {
            if (StackName === 'Lockstep-stock')
              return {
                Stacks: [{ StackName, StackStatus: 'CREATE_COMPLETE' as const, CreationTime: DELETED }],
              };
            throw Object.assign(new Error(`Stack with id ${StackName} does not exist`), {
              name: 'ValidationError',
            });
          }),
        ],
        kms: [
          on(DescribeKeyCommand, ({ KeyId = '' }) => {
            const state = keys[KeyId];
            if (state === 'gone') throw new NotFoundException(because('gone'));
            return { KeyMetadata: { KeyId, KeyState: state } };
          }),
        ],
      },
    ),
  );

describe('what an application that is torn down has left', () => {
  it('is told with what it costs, and how to delete it', async () => {
    expect(await findings(['books', 'books'], { k1: 'Enabled' })).toEqual([
      {
        kind: 'fault',
        what: `Nobody uses what books has left in ${ACCOUNT}/${REGION}`,
        value: '2 images (16 GiB), 1 key: at most $1.80 a month',
        remedy: 'npm run lockstep -- teardown books --delete-leftovers',
      },
    ]);
  });

  it('counts keys alone, and images alone', async () => {
    expect((await findings([], { k1: 'Enabled' }))[0]?.value).toMatch(/^0 images \(0 GiB\), 1 key:/);
    expect((await findings(['books'], {}))[0]?.value).toMatch(/^1 image \(8 GiB\), 0 keys:/);
  });

  it.each<[string, Parameters<typeof findings>]>([
    ['nothing is left', [[], {}]],
    ['its keys are deleted or wait for it', [[], { k1: 'gone', k2: 'PendingDeletion' }]],
    ['the application is configured', [['orders'], {}]],
    ['its stack stands, by another configuration', [['stock'], {}]],
  ])('is nothing when %s', async (_, given) => {
    expect(await findings(...given)).toEqual([]);
  });
});
