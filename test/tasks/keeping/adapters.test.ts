import {
  CodeDeployClient,
  DeploymentDoesNotExistException,
  DeploymentGroupDoesNotExistException,
  GetDeploymentCommand,
  GetDeploymentGroupCommand,
} from '@aws-sdk/client-codedeploy';
import {
  DeregisterImageCommand,
  DescribeImagesCommand,
  DescribeInstancesCommand,
  EC2Client,
  EC2ServiceException,
} from '@aws-sdk/client-ec2';
import {
  DeleteImageCommand,
  ImagebuilderClient,
  ListImagePipelineImagesCommand,
  ResourceNotFoundException,
} from '@aws-sdk/client-imagebuilder';
import { DeleteObjectCommand, ListObjectVersionsCommand, S3Client } from '@aws-sdk/client-s3';
import { createDeployments } from '../../../tasks/jobs/codedeploy-deployments.ts';
import { createAmiPlace } from '../../../tasks/keeping/ec2-amis.ts';
import { environmentUse, revisionOf } from '../../../tasks/keeping/environment-use.ts';
import { createPipelineImages } from '../../../tasks/keeping/imagebuilder-images.ts';
import { createRevisionStore } from '../../../tasks/keeping/s3-revisions.ts';
import { createDeploymentGroups } from '../../../tasks/prod-fleet/deployment-groups.ts';
import { type Answer, because, double, offline, on } from '../doubles/sdk.ts';

describe('AMIs', () => {
  const placeWith = (...answers: Answer[]) => {
    const { client, sent } = double(new EC2Client(offline), ...answers);
    return { place: createAmiPlace(client, 'shop', 'eu-west-1'), sent };
  };

  it('T61: are found by the tag that Lockstep gives them, over all pages, with their build and size', async () => {
    const { place, sent } = placeWith(
      on(DescribeImagesCommand, ({ NextToken }) => ({
        Images: [
          {
            ImageId: NextToken === undefined ? 'ami-1' : 'ami-2',
            CreationDate: '2026-11-20T10:00:00.000Z',
            Tags: [{ Key: 'Ec2ImageBuilderArn', Value: 'arn:build' }],
            BlockDeviceMappings: [{ Ebs: { VolumeSize: 8 } }, { Ebs: { VolumeSize: 2 } }, {}],
          },
        ],
        ...(NextToken === undefined && { NextToken: 'more' }),
      })),
    );
    const ami = { build: 'arn:build', createdAt: new Date('2026-11-20T10:00:00.000Z'), size: 10 };
    expect(await place.list()).toEqual([
      { imageId: 'ami-1', ...ami },
      { imageId: 'ami-2', ...ami },
    ]);
    expect(sent[0]?.input).toMatchObject({
      Owners: ['self'],
      Filters: [{ Name: 'tag:lockstep:application', Values: ['shop'] }],
    });
  });

  it('run if any instance that is not terminated was started from them; EC2 is asked 200 at a time', async () => {
    const { place, sent } = placeWith(
      on(DescribeInstancesCommand, ({ Filters }) => ({
        Reservations: [{ Instances: [{ ImageId: Filters?.[0]?.Values?.[0] ?? '' }] }],
      })),
    );
    const ids = Array.from({ length: 201 }, (_, n) => `ami-${n}`);
    expect(await place.running(ids)).toEqual(['ami-0', 'ami-200']);
    expect(sent[0]?.input).toMatchObject({
      Filters: [
        { Name: 'image-id', Values: ids.slice(0, 200) },
        {
          Name: 'instance-state-name',
          Values: ['pending', 'running', 'shutting-down', 'stopping', 'stopped'],
        },
      ],
    });
    expect(await place.running([])).toEqual([]);
  });

  it('T61: are deregistered with their snapshots; what is gone is done', async () => {
    const gone = (name: string) => () => {
      throw new EC2ServiceException({ ...because('gone'), name, $fault: 'client' });
    };
    const { place, sent } = placeWith(
      on(DeregisterImageCommand, () => ({
        DeleteSnapshotResults: [
          { SnapshotId: 'snap-1', ReturnCode: 'success' as const },
          { SnapshotId: 'snap-2', ReturnCode: 'skipped' as const },
        ],
      })),
    );
    await place.remove('ami-1');
    expect(sent[0]?.input).toEqual({ ImageId: 'ami-1', DeleteAssociatedSnapshots: true });
    const left = (...Images: { ImageId: string }[]) => on(DescribeImagesCommand, () => ({ Images }));
    for (const name of ['InvalidAMIID.NotFound', 'InvalidAMIID.Unavailable', 'UnauthorizedOperation'])
      await placeWith(on(DeregisterImageCommand, gone(name)), left()).place.remove('ami-1');
    const stays = placeWith(
      on(DeregisterImageCommand, gone('OperationNotPermitted')),
      left({ ImageId: 'ami-1' }),
    );
    await expect(stays.place.remove('ami-1')).rejects.toMatchObject({ name: 'OperationNotPermitted' });
  });

  it('fails and names a snapshot that EC2 left', async () => {
    const { place } = placeWith(
      on(DeregisterImageCommand, () => ({
        DeleteSnapshotResults: [{ SnapshotId: 'snap-1', ReturnCode: 'missing-permissions' as const }],
      })),
    );
    await expect(place.remove('ami-1')).rejects.toMatchObject({
      name: 'SnapshotNotDeleted',
      message: expect.stringContaining('snap-1 (missing-permissions) in eu-west-1'),
    });
  });
});

describe('builds', () => {
  it('T61: are those of both image pipelines, and whether Image Builder still works on them', async () => {
    const { client, sent } = double(
      new ImagebuilderClient(offline),
      on(ListImagePipelineImagesCommand, ({ imagePipelineArn, nextToken }) => ({
        imageSummaryList: [
          {
            arn: `${imagePipelineArn}/${nextToken ?? 1}`,
            state: { status: nextToken === undefined ? ('DISTRIBUTING' as const) : ('AVAILABLE' as const) },
            dateCreated: '2026-11-20T10:00:00.000Z',
            outputResources: { amis: [{ image: 'ami-1' }, { image: 'ami-2' }] },
          },
        ],
        ...(nextToken === undefined && { nextToken: '2' }),
      })),
      on(DeleteImageCommand, () => {
        throw new ResourceNotFoundException(because('gone'));
      }),
    );
    const builds = createPipelineImages(['qat', 'prod'], client);
    expect((await builds.list()).map(({ arn, isBuilding }) => [arn, isBuilding])).toEqual([
      ['qat/1', true],
      ['qat/2', false],
      ['prod/1', true],
      ['prod/2', false],
    ]);
    await builds.remove('qat/2');
    expect(sent.at(-1)?.input).toEqual({ imageBuildVersionArn: 'qat/2' });
  });
});

describe('revisions', () => {
  it('are all versions below the pipelines’ prefix, and are deleted by version', async () => {
    const { client, sent } = double(
      new S3Client(offline),
      on(ListObjectVersionsCommand, ({ KeyMarker }) => ({
        Versions: [
          { Key: KeyMarker ?? 'lockstep-a', VersionId: 'v1', LastModified: new Date('2026-11-20T10:00:00Z') },
        ],
        ...(KeyMarker === undefined && {
          IsTruncated: true,
          NextKeyMarker: 'lockstep-b',
          NextVersionIdMarker: 'v0',
        }),
      })),
      on(DeleteObjectCommand, () => ({})),
    );
    const store = createRevisionStore('artifacts', client);
    const revisions = await store.list();
    expect(revisions.map(({ bucket, key, version }) => [bucket, key, version])).toEqual([
      ['artifacts', 'lockstep-a', 'v1'],
      ['artifacts', 'lockstep-b', 'v1'],
    ]);
    expect(sent.map(({ input }) => input)).toMatchObject([
      { Bucket: 'artifacts', Prefix: 'lockstep-' },
      { KeyMarker: 'lockstep-b', VersionIdMarker: 'v0' },
    ]);
    for (const revision of revisions.slice(0, 1)) await store.remove(revision);
    expect(sent.at(-1)?.input).toEqual({ Bucket: 'artifacts', Key: 'lockstep-a', VersionId: 'v1' });
  });
});

describe('what new instances get', () => {
  const names = {
    imageParameterName: '/lockstep/shop/prod/image',
    applicationName: 'shop-prod',
    deploymentGroupName: 'prod',
  };
  const s3 = (key: string) => ({ revisionType: 'S3' as const, s3Location: { bucket: 'b', key } });
  const useWith = (image: string | undefined, ...answers: Answer[]) => {
    const { client } = double(new CodeDeployClient(offline), ...answers);
    return environmentUse(
      {
        parameters: { read: async () => image },
        groups: createDeploymentGroups(client),
        deployments: createDeployments(client),
      },
      names,
    );
  };

  it('T55: is the revision of the last successful deployment, or of the one that runs', async () => {
    const use = useWith(
      'ami-1',
      on(GetDeploymentGroupCommand, () => ({
        deploymentGroupInfo: {
          targetRevision: s3('target'),
          lastSuccessfulDeployment: { deploymentId: 'd-1' },
          lastAttemptedDeployment: { deploymentId: 'd-2' },
        },
      })),
      on(GetDeploymentCommand, ({ deploymentId }) => ({
        deploymentInfo: {
          revision:
            deploymentId === 'd-1'
              ? { s3Location: { bucket: 'b', key: 'one', version: 'v', eTag: '"e"' } }
              : { revisionType: 'GitHub' as const, gitHubLocation: { repository: 'by/hand' } },
        },
      })),
    );
    expect(await use.image()).toBe('ami-1');
    expect(await use.revisions()).toEqual([
      { bucket: 'b', key: 'target' },
      { bucket: 'b', key: 'one', version: 'v', eTag: 'e' },
    ]);
  });

  it('is nothing before the first deployment', async () => {
    const use = useWith(
      'ami-1',
      on(GetDeploymentGroupCommand, () => ({ deploymentGroupInfo: {} })),
    );
    expect(await use.revisions()).toEqual([]);
  });

  it('fails if the parameter, the deployment group or its deployment does not exist', async () => {
    const notKnown = { name: 'UseNotKnown' };
    await expect(useWith(undefined).image()).rejects.toMatchObject(notKnown);
    const noGroup = on(GetDeploymentGroupCommand, () => {
      throw new DeploymentGroupDoesNotExistException(because('none'));
    });
    await expect(useWith('ami-1', noGroup).revisions()).rejects.toMatchObject(notKnown);
    const forgotten = on(GetDeploymentCommand, () => {
      throw new DeploymentDoesNotExistException(because('none'));
    });
    const group = on(GetDeploymentGroupCommand, () => ({
      deploymentGroupInfo: { lastSuccessfulDeployment: { deploymentId: 'd-1' } },
    }));
    await expect(useWith('ami-1', group, forgotten).revisions()).rejects.toMatchObject({
      ...notKnown,
      message: expect.stringContaining('d-1'),
    });
    const { client } = double(new CodeDeployClient(offline), forgotten);
    expect(await revisionOf({ deployments: createDeployments(client) })('d-1')).toBeUndefined();
  });
});
