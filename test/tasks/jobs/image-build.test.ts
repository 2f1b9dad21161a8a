import {
  GetImageCommand,
  type Image,
  ImagebuilderClient,
  type ImageStatus,
  ResourceNotFoundException,
  StartImagePipelineExecutionCommand,
} from '@aws-sdk/client-imagebuilder';
import type { ReuseSources } from '../../../tasks/images/read-reuse-facts.ts';
import { type InspectImage, imageBuild } from '../../../tasks/jobs/image-build.ts';
import { createImageBuilds } from '../../../tasks/jobs/imagebuilder-builds.ts';
import { aJob, aMarking } from '../doubles/samples.ts';
import { because, double, offline, on } from '../doubles/sdk.ts';
import { keepImage } from '../lineage/live-images.ts';

const IMAGE = 'arn:aws:imagebuilder:us-east-1:000000000000:image/shop-qat/1.0.0/1';
const digest = 'f'.repeat(64);
/** Takes every image as it is. */
const anyImage = async () => ({ inventory: digest });
const inspect = (image: () => Image | undefined, inspectImage: InspectImage = anyImage, job = aJob()) =>
  imageBuild(
    createImageBuilds(
      double(
        new ImagebuilderClient(offline),
        on(GetImageCommand, () => ({ image: image() })),
      ).client,
    ),
    inspectImage,
  ).inspect(IMAGE, async () => undefined, job);

describe('an image build', () => {
  it('starts with its pipeline and nothing else (T19) but a token that stays the same within one attempt (T13)', async () => {
    const { client, sent } = double(
      new ImagebuilderClient(offline),
      on(StartImagePipelineExecutionCommand, () => ({ imageBuildVersionArn: IMAGE, inventory: digest })),
    );
    expect(await imageBuild(createImageBuilds(client), anyImage).start(aJob(), async () => false)).toBe(
      IMAGE,
    );
    expect(sent.map(({ input }) => input)).toEqual([
      { imagePipelineArn: aJob().parameters.imagePipelineArn, clientToken: aJob().clientToken },
    ]);
  });

  describe('where images are reused', () => {
    const parameters = {
      imagePipelineArn: 'pipeline',
      reuseDays: '7',
      environment: 'qat',
      releaseParameter: '/aws/service/al2023',
      parentParameter: '/aws/service/al2023',
    };
    const startedAt = new Date('2026-11-22T10:00:00.000Z');
    const sources: ReuseSources = {
      recipeOf: async () => IMAGE.replace(':image/', ':image-recipe/').replace(/\/1$/, ''),
      images: async () => [
        { build: `${IMAGE}0`, startedAt: new Date(startedAt.getTime() + 1), isAvailable: false },
        { build: 'older', startedAt: new Date(0), isAvailable: true },
        { build: IMAGE, startedAt, isAvailable: true },
      ],
      image: async () => ({
        outputResources: {
          amis: [
            { region: 'us-east-1', accountId: '000000000000', image: 'ami-built' },
            { region: 'eu-west-1', accountId: '222222222222', image: 'ami-there' },
          ],
        },
      }),
      usedImageId: () => 'ami-there',
      ami: async (imageId) => (imageId === 'ami-built' ? { SourceImageId: 'ami-parent' } : {}),
      amiIn: async (environment, imageId) =>
        environment === 'qat' && imageId === 'ami-there' ? { State: 'available' } : undefined,
      parameter: async () => ({ value: 'ami-parent', modifiedAt: new Date(0) }),
      ledger: {
        rebake: async () => undefined,
        marks: async () => [],
        jobByExternalId: () => Promise.reject(new Error('No package is marked.')),
      },
      readEvidence: () => Promise.reject(new Error('No package is marked.')),
    };
    const start = async (change: Partial<ReuseSources> = {}, job = aJob({ parameters })) => {
      const { client, sent } = double(
        new ImagebuilderClient(offline),
        on(StartImagePipelineExecutionCommand, () => ({ imageBuildVersionArn: 'built' })),
      );
      const now = () => new Date('2026-11-22T11:00:00.000Z');
      const reuse = { sources: { ...sources, ...change }, now };
      const begun = await imageBuild(createImageBuilds(client), anyImage, reuse).start(
        job,
        async () => false,
      );
      return { begun, starts: sent.length };
    };

    it('starts nothing if the newest available image is equal, by the AMI where it was built and the one where it is used (T52)', async () => {
      expect(await start()).toEqual({
        starts: 0,
        begun: { externalId: IMAGE, imageChoice: expect.objectContaining({ choice: 'reuse' }) },
      });
    });

    it('builds after a build that failed, which the image may be the reason of', async () => {
      expect(await start({}, aJob({ parameters, attempt: 2 }))).toEqual({
        starts: 1,
        begun: {
          externalId: 'built',
          imageChoice: expect.objectContaining({ choice: 'build', because: 'Redriven' }),
        },
      });
    });

    it.each<[string, Partial<ReuseSources>, string]>([
      ['nothing was built', { images: async () => [] }, 'NoImage'],
      ['Image Builder has forgotten it', { image: async () => undefined }, 'NotKnown'],
      ['its AMI is away', { amiIn: async () => undefined }, 'ImageGone'],
      ['its AMI is disabled', { amiIn: async () => ({ State: 'disabled' }) }, 'ImageGone'],
      ['there is no parameter', { parameter: async () => undefined }, 'NotKnown'],
      ['a call fails', { ami: () => Promise.reject(new Error('throttled')) }, 'NotKnown'],
    ])('builds if %s, and says why', async (_, change, because) => {
      expect(await start(change)).toEqual({
        starts: 1,
        begun: { externalId: 'built', imageChoice: expect.objectContaining({ choice: 'build', because }) },
      });
    });

    it.each([
      [
        'builds if it has a package that is marked, also one built after the mark',
        '3.2.2-1',
        true,
        'MarkedBad',
      ],
      ['builds if nobody can read whether it has one', '3.2.2-1', false, 'NotKnown'],
      ['uses it again if it has another version', '3.3.0-1', true, undefined],
    ])('%s', async (_, version, isReadable, because) => {
      const documents = new Map<string, string>();
      const output = keepImage(documents, 'shop', 'ami-there', { packages: [{ name: 'openssl', version }] });
      const marking = { ...aMarking(), at: '2026-11-21T10:00:00.000Z' };
      const { begun } = await start({
        ledger: {
          ...sources.ledger,
          marks: async () => [{ application: 'shop', packageVersion: 'openssl@3.2.2', markings: [marking] }],
          jobByExternalId: async (build) => (build === IMAGE ? aJob({ output }) : undefined),
        },
        readEvidence: async (key) => (isReadable ? documents.get(key) : undefined),
      });
      expect(begun).toMatchObject({
        imageChoice: because === undefined ? { choice: 'reuse' } : { choice: 'build', because },
      });
    });

    it('asks nothing where each promotion builds', async () => {
      const { imagePipelineArn } = parameters;
      const unread = new Proxy(sources, { get: () => () => Promise.reject(new Error('was read')) });
      expect(await start(unread, aJob({ parameters: { imagePipelineArn } }))).toEqual({
        starts: 1,
        begun: 'built',
      });
    });
  });

  it('fails to start without the image’s name', async () => {
    const { client } = double(
      new ImagebuilderClient(offline),
      on(StartImagePipelineExecutionCommand, () => ({})),
    );
    await expect(createImageBuilds(client).start('pipeline', 'token')).rejects.toThrow(/without naming/);
  });

  const available = {
    state: { status: 'AVAILABLE' as const },
    outputResources: { amis: [{ region: 'us-east-1', image: 'ami-here' }] },
  };
  it('has its image inspected for its environment', async () => {
    const asked: unknown[] = [];
    await inspect(
      () => available,
      async (request) => {
        asked.push(request);
        return { inventory: digest };
      },
    );
    expect(asked).toEqual([
      {
        promotionId: aJob().promotionId,
        environment: 'qat',
        imageId: 'ami-here',
        imageBuildVersionArn: IMAGE,
        imagePipelineArn: aJob().parameters.imagePipelineArn,
      },
    ]);
  });

  it('fails if its image differs from the approved one, and says in what', async () => {
    const differs = ['The package jq 1.7 was added.'];
    expect(
      await inspect(
        () => available,
        async () => ({ inventory: digest, differs }),
      ),
    ).toMatchObject({
      state: 'failed',
      error: 'ImageDiffers',
      cause: expect.stringContaining('A redrive builds it again.\nThe package jq 1.7 was added.'),
    });
  });

  it('succeeds where people are asked about it, with what differs, unless the gate stops it', async () => {
    const differs = ['The package jq 1.7 was added.', 'The package curl 8 was removed.'];
    const { parameters } = aJob();
    const job = aJob({ parameters: { ...parameters, environment: 'prod', onDrift: 'ask' } });
    const inspected = (more: object) =>
      inspect(
        () => available,
        async () => ({ inventory: digest, differs, ...more }),
        job,
      );
    expect(await inspected({})).toMatchObject({
      state: 'succeeded',
      output: {
        inventory: digest,
        differs: 'The package jq 1.7 was added.\nThe package curl 8 was removed.',
      },
    });
    expect(await inspected({ isScanning: true })).toEqual({ state: 'running' });
    expect(await inspected({ stopped: ['CVE-1'] })).toMatchObject({
      state: 'failed',
      error: 'ImageGateFailed',
    });
  });

  it('runs while its image is scanned', async () => {
    expect(
      await inspect(
        () => available,
        async () => ({ inventory: digest, isScanning: true }),
      ),
    ).toEqual({ state: 'running' });
  });

  it('fails if the gate stops its image, and says by what', async () => {
    expect(
      await inspect(
        () => available,
        async () => ({
          inventory: digest,
          findings: 'd'.repeat(64),
          stopped: ['CVE-2026-1 (critical) in jq 1.7.'],
        }),
      ),
    ).toMatchObject({
      state: 'failed',
      error: 'ImageGateFailed',
      cause: expect.stringMatching(
        /does not pass image\.gate\. .*builds it again.*\nCVE-2026-1 \(critical\) in jq 1\.7\./,
      ),
    });
  });

  it('records what was found and what was accepted', async () => {
    const scanned = { findings: 'd'.repeat(64), accepted: '[]' };
    expect(
      await inspect(
        () => available,
        async () => ({ inventory: digest, ...scanned }),
      ),
    ).toMatchObject({ state: 'succeeded', output: { inventory: digest, ...scanned } });
  });

  it('does not end while its image cannot be inspected', async () => {
    await expect(
      inspect(
        () => available,
        async () => Promise.reject(new Error('throttled')),
      ),
    ).rejects.toThrow('throttled');
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
      output: { imageId: 'ami-here', imageBuildVersionArn: IMAGE, inventory: digest },
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
