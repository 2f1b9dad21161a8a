import {
  CloudWatchLogsClient,
  DeleteLogGroupCommand,
  DescribeLogGroupsCommand,
} from '@aws-sdk/client-cloudwatch-logs';
import {
  CognitoIdentityProviderClient,
  DeleteUserPoolCommand,
  DescribeUserPoolCommand,
  UpdateUserPoolCommand,
} from '@aws-sdk/client-cognito-identity-provider';
import {
  DeleteTableCommand,
  DescribeTableCommand,
  DynamoDBClient,
  UpdateTableCommand,
} from '@aws-sdk/client-dynamodb';
import { DeregisterImageCommand, EC2Client } from '@aws-sdk/client-ec2';
import {
  DeleteImageCommand,
  ImagebuilderClient,
  paginateListImageBuildVersions,
  paginateListImages,
} from '@aws-sdk/client-imagebuilder';
import { DescribeKeyCommand, KMSClient, ScheduleKeyDeletionCommand } from '@aws-sdk/client-kms';
import { allItems } from '../../tasks/all-items.ts';
import { ownImages } from '../../tasks/images/own-images.ts';
import { CommandError } from '../system.ts';
import type { Leftovers } from './account.ts';
import { createAwsBuckets } from './aws-buckets.ts';
import type { Leftover } from './stays.ts';

/** The least that KMS takes: the key can be restored as long. */
const KEY_WINDOW_DAYS = 7;

/** How one type is looked for and deleted. */
interface Handler {
  readonly exists: (id: string) => Promise<boolean>;
  readonly remove: (id: string) => Promise<void>;
}

const isGone = (error: Error): boolean =>
  /^(NoSuchBucket|NotFound(Exception)?|ResourceNotFoundException|InvalidAMIID\..*)$/.test(error.name);

/** Whether something is there, by a call that fails if it is not. */
const thereIf = async (call: Promise<unknown>): Promise<boolean> => {
  try {
    await call;
    return true;
  } catch (error) {
    if (isGone(error as Error)) return false;
    throw error;
  }
};

/** What stacks leave behind in an account and region. */
export function createAwsLeftovers(config: object): Leftovers {
  const ec2 = new EC2Client(config);
  const builder = new ImagebuilderClient(config);
  const logs = new CloudWatchLogsClient(config);
  const people = new CognitoIdentityProviderClient(config);
  const tables = new DynamoDBClient(config);
  const keys = new KMSClient(config);
  const buckets = createAwsBuckets(config);

  const handlers: Readonly<Record<string, Handler>> = {
    'AWS::EC2::Image': {
      exists: async () => true,
      remove: async (ImageId) => {
        const { DeleteSnapshotResults = [] } = await ec2.send(
          new DeregisterImageCommand({ ImageId, DeleteAssociatedSnapshots: true }),
        );
        // The image is gone although its snapshots are not (EC2 API reference, DeregisterImage).
        const kept = DeleteSnapshotResults.filter(({ ReturnCode }) => ReturnCode !== 'success');
        if (kept.length > 0)
          throw new CommandError(
            `${ImageId} is deregistered, and these snapshots stay: ${kept
              .map(({ SnapshotId, ReturnCode }) => `${SnapshotId} (${ReturnCode})`)
              .join(', ')}. Delete them: aws ec2 delete-snapshot --snapshot-id SNAPSHOT.`,
          );
      },
    },
    'AWS::ImageBuilder::Image': {
      exists: async () => true,
      remove: async (imageBuildVersionArn) => {
        await builder.send(new DeleteImageCommand({ imageBuildVersionArn }));
      },
    },
    'AWS::S3::Bucket': { exists: buckets.exists, remove: buckets.remove },
    // It goes with its bucket.
    'AWS::S3::BucketPolicy': { exists: async () => false, remove: async () => {} },
    'AWS::Logs::LogGroup': {
      exists: async (name) => {
        const { logGroups = [] } = await logs.send(
          new DescribeLogGroupsCommand({ logGroupNamePrefix: name }),
        );
        return logGroups.some(({ logGroupName }) => logGroupName === name);
      },
      remove: async (logGroupName) => {
        await logs.send(new DeleteLogGroupCommand({ logGroupName }));
      },
    },
    'AWS::Cognito::UserPool': {
      exists: (UserPoolId) => thereIf(people.send(new DescribeUserPoolCommand({ UserPoolId }))),
      remove: async (UserPoolId) => {
        await people.send(new UpdateUserPoolCommand({ UserPoolId, DeletionProtection: 'INACTIVE' }));
        await people.send(new DeleteUserPoolCommand({ UserPoolId }));
      },
    },
    'AWS::DynamoDB::Table': {
      exists: (TableName) => thereIf(tables.send(new DescribeTableCommand({ TableName }))),
      remove: async (TableName) => {
        await tables.send(new UpdateTableCommand({ TableName, DeletionProtectionEnabled: false }));
        await tables.send(new DeleteTableCommand({ TableName }));
      },
    },
    'AWS::KMS::Key': {
      // A key whose time is over does not exist; one that waits for its end is deleted already.
      exists: async (KeyId) => {
        const found = await keys.send(new DescribeKeyCommand({ KeyId })).catch((error: Error) => {
          if (!isGone(error)) throw error;
        });
        return found !== undefined && found.KeyMetadata?.KeyState !== 'PendingDeletion';
      },
      remove: async (KeyId) => {
        await keys.send(new ScheduleKeyDeletionCommand({ KeyId, PendingWindowInDays: KEY_WINDOW_DAYS }));
      },
    },
  };
  const handlerOf = ({ type, id }: Leftover): Handler => {
    const found = handlers[type];
    if (found) return found;
    throw new CommandError(`A tear-down does not know how to delete a ${type}. Delete ${id} by hand.`);
  };

  return {
    images: async (application) => {
      const images = await ownImages(ec2, application);
      const found: Leftover[] = images.map(({ ImageId: id = '' }) => ({ type: 'AWS::EC2::Image', id }));
      const versions = await allItems(
        paginateListImages(
          { client: builder },
          { owner: 'Self', filters: [{ name: 'name', values: [`lockstep-${application}`] }] },
        ),
        ({ imageVersionList }) => imageVersionList,
      );
      for (const { arn: imageVersionArn = '' } of versions) {
        const builds = await allItems(
          paginateListImageBuildVersions({ client: builder }, { imageVersionArn }),
          ({ imageSummaryList }) => imageSummaryList,
        );
        found.push(...builds.map(({ arn: id = '' }) => ({ type: 'AWS::ImageBuilder::Image', id })));
      }
      return found;
    },
    exists: (leftover) => handlerOf(leftover).exists(leftover.id),
    remove: async (leftover) => {
      await handlerOf(leftover)
        .remove(leftover.id)
        .catch((error: Error) => {
          if (!isGone(error)) throw error;
        });
    },
    locks: buckets.locks,
    removePolicy: buckets.removePolicy,
  };
}
