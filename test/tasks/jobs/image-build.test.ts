import {
  GetImageCommand,
  type Image,
  ImagebuilderClient,
  type ImageStatus,
  ResourceNotFoundException,
  StartImagePipelineExecutionCommand,
} from '@aws-sdk/client-imagebuilder';
import { imageBuild } from '../../../tasks/jobs/image-build.ts';
import { createImageBuilds } from '../../../tasks/jobs/imagebuilder-builds.ts';
import { aJob } from '../doubles/samples.ts';
import { because, double, offline, on } from '../doubles/sdk.ts';

const IMAGE = 'arn:aws:imagebuilder:us-east-1:000000000000:image/shop-qat/1.0.0/1';
const inspect = (image: () => Image | undefined) =>
  imageBuild(
    createImageBuilds(
      double(
        new ImagebuilderClient(offline),
        on(GetImageCommand, () => ({ image: image() })),
      ).client,
    ),
  ).inspect(IMAGE, async () => undefined);

describe('an image build', () => {
  it('starts with its pipeline and nothing else (T19) but a token that stays the same within one attempt (T13)', async () => {
    const { client, sent } = double(
      new ImagebuilderClient(offline),
      on(StartImagePipelineExecutionCommand, () => ({ imageBuildVersionArn: IMAGE })),
    );
    expect(await imageBuild(createImageBuilds(client)).start(aJob(), async () => false)).toBe(IMAGE);
    expect(sent.map(({ input }) => input)).toEqual([
      { imagePipelineArn: aJob().parameters.imagePipelineArn, clientToken: aJob().clientToken },
    ]);
  });

  it('fails to start without the image’s name', async () => {
    const { client } = double(
      new ImagebuilderClient(offline),
      on(StartImagePipelineExecutionCommand, () => ({})),
    );
    await expect(createImageBuilds(client).start('pipeline', 'token')).rejects.toThrow(/without naming/);
  });

  it.each<ImageStatus>(['PENDING', 'CREATING', 'BUILDING', 'TESTING', 'DISTRIBUTING', 'INTEGRATING'])(
    'is running while it is %s',
    async (status) => {
      expect(await inspect(() => ({ state: { status } }))).toEqual({ state: 'running' });
    },
  );

  it('gives the AMI of its own region (T15)', async () => {
    const amis = [
      { region: 'eu-west-1', image: 'ami-europe' },
      { region: 'us-east-1', image: 'ami-here' },
    ];
    expect(await inspect(() => ({ state: { status: 'AVAILABLE' }, outputResources: { amis } }))).toEqual({
      state: 'succeeded',
      output: { imageId: 'ami-here', imageBuildVersionArn: IMAGE },
    });
  });

  describe('that is distributed', () => {
    const amis = [
      { region: 'us-east-1', accountId: '000000000000', image: 'ami-built' },
      { region: 'eu-west-1', accountId: '000000000000', image: 'ami-of-another' },
      { region: 'us-east-1', accountId: '222222222222', image: 'ami-other-region' },
      { region: 'eu-west-1', accountId: '222222222222', image: 'ami-there' },
    ];
    const distributedTo = (region: string, account?: string, made = amis) =>
      inspect(() => ({
        state: { status: 'AVAILABLE' },
        outputResources: { amis: made },
        distributionConfiguration: {
          timeoutMinutes: 60,
          distributions: [
            {
              region,
              amiDistributionConfiguration: account === undefined ? {} : { targetAccountIds: [account] },
            },
          ],
        },
      }));

    it.each([
      ['eu-west-1', '222222222222', 'ami-there'],
      ['us-east-1', '222222222222', 'ami-other-region'],
      ['eu-west-1', undefined, 'ami-of-another'],
      ['us-east-1', undefined, 'ami-built'],
    ])('T52: gives the AMI of %s in the account %s', async (region, account, imageId) => {
      expect(await distributedTo(region, account)).toMatchObject({ output: { imageId } });
    });

    it('T52: fails when the account that it is for has no AMI, even if another has one', async () => {
      expect(await distributedTo('eu-west-1', '222222222222', amis.slice(0, 3))).toMatchObject({
        error: 'ImageBuildFailed',
        cause: expect.stringContaining('has no AMI in eu-west-1 of the account 222222222222'),
      });
    });
  });

  it.each<ImageStatus>(['FAILED', 'CANCELLED', 'DELETED', 'DEPRECATED'])(
    'fails with ImageBuildFailed when it is %s, saying why and where to look',
    async (status) => {
      const image = {
        state: { status, reason: 'validate: port 80 is closed' },
        sourcePipelineName: 'shop-qat',
      };
      expect(await inspect(() => image)).toEqual({
        state: 'failed',
        error: 'ImageBuildFailed',
        cause: `Image build ${IMAGE} of the image pipeline shop-qat ended ${status}: validate: port 80 is closed\nConsole: https://us-east-1.console.aws.amazon.com/imagebuilder/home?region=us-east-1#/images/${IMAGE}`,
      });
    },
  );

  it('fails when it made no AMI here', async () => {
    expect(await inspect(() => ({ state: { status: 'AVAILABLE' } }))).toMatchObject({
      error: 'ImageBuildFailed',
      cause: expect.stringContaining('has no AMI in us-east-1'),
    });
  });

  it('says when its service does not know it', async () => {
    const gone = () => {
      throw new ResourceNotFoundException(because('gone'));
    };
    expect(await inspect(gone)).toMatchObject({
      state: 'missing',
      error: 'ImageBuildFailed',
      cause: expect.stringContaining('no longer exists'),
    });
  });
});
