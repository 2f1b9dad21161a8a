import type { DescribeImagesResult } from '@aws-sdk/client-ec2';
import type { ListImagePipelineImagesResponse } from '@aws-sdk/client-imagebuilder';
import type { ListObjectVersionsOutput } from '@aws-sdk/client-s3';
import type { ImageReport } from '../../tasks/keeping/image-report.ts';
import { cdkContext } from '../infra/aws/support/synthesize.ts';
import { lockstep } from './support/command-line.ts';
import { prodImage, seeFleet } from './support/prod-fleet.ts';
import { approveBoth, eventually, type Scenario, startScenario } from './support/scenario.ts';

jest.setTimeout(400_000);

const administrator = { kind: 'administrator' } as const;

/** Items and bytes that docs/keeping.md allows a promotion in the ledger. */
const MOST_ITEMS = 60;
const MOST_BYTES = 100_000;

/** What one release is kept of: the configuration of cdk.json, but for that. */
const keepOne = () => {
  const { lockstep } = cdkContext() as { lockstep: { applications: object[] } };
  return {
    ...lockstep,
    applications: lockstep.applications.map((application) => ({ ...application, keep: { releases: 1 } })),
  };
};

describe('images and revisions', () => {
  let scenario: Scenario;
  beforeAll(async () => {
    scenario = await startScenario({ lockstep: keepOne() });
  });
  afterAll(() => scenario?.stop());

  const call = <Output>(service: string, operation: string, input: object) =>
    scenario.run.host.call<Output>(administrator, service, operation, input);
  const amis = async () => {
    const { Images = [] } = await call<DescribeImagesResult>('ec2', 'DescribeImages', { Owners: ['self'] });
    return Images.map(({ ImageId = '' }) => ImageId).sort();
  };
  const builds = async () => {
    const pipelines = scenario.run.stacks
      .resourcesOfType('AWS::ImageBuilder::ImagePipeline')
      .map(({ state }) => state.physicalId);
    const lists = await Promise.all(
      pipelines.map((imagePipelineArn) =>
        call<ListImagePipelineImagesResponse>('imagebuilder', 'ListImagePipelineImages', {
          imagePipelineArn,
        }),
      ),
    );
    return lists.flatMap(({ imageSummaryList = [] }) => imageSummaryList).length;
  };
  const revisions = async () => {
    const bucket = scenario.run.stacks
      .resourcesOfType('AWS::S3::Bucket')
      .find(({ logicalId }) => logicalId.startsWith('Artifacts'))?.state.physicalId;
    const { Versions = [], DeleteMarkers = [] } = await call<ListObjectVersionsOutput>(
      's3',
      'ListObjectVersions',
      { Bucket: bucket, Prefix: 'lockstep-' },
    );
    expect(DeleteMarkers).toEqual([]);
    return Versions.length;
  };
  const reportSince = (at: number): Promise<ImageReport> =>
    eventually('images to be looked at', async () => {
      const report = await scenario.system.ledger.imageReport(scenario.application.name);
      return report && Date.parse(report.at) >= at ? report : undefined;
    });
  const ledgerItems = async () => {
    const [table] = scenario.run.stacks.resourcesOfType('AWS::DynamoDB::Table');
    const TableName = table?.state.physicalId;
    const { Items = [] } = await call<{ Items?: object[] }>('dynamodb', 'Scan', { TableName });
    return { count: Items.length, bytes: JSON.stringify(Items).length };
  };
  const logGroups = async () => {
    const { logGroups: groups = [] } = await call<{ logGroups?: object[] }>('logs', 'DescribeLogGroups', {});
    return groups.length;
  };
  const promote = async () => {
    const promotion = await scenario.startPromotion();
    const { status, stopDate } = await approveBoth(promotion);
    expect(status).toBe('SUCCEEDED');
    const { images } = (await scenario.system.ledger.promotion(promotion.id)) ?? {};
    return { ...promotion, images, endedAt: stopDate?.getTime() ?? 0 };
  };

  it('T55, T61: nothing of a new promotion is deleted; a day later only what is needed is left, and Prod replaces an instance with it', async () => {
    const first = await promote();
    const before = { ledger: await ledgerItems(), logGroups: await logGroups() };
    const second = await promote();
    const kept = [first, second].flatMap(({ images }) => Object.values(images ?? {})).sort();
    expect(kept).toHaveLength(4);
    const young = await reportSince(second.endedAt);
    expect(young.deleted).toEqual({ images: 0, revisions: 0 });
    expect(await amis()).toEqual(kept);
    const pushed = await revisions();
    expect(pushed).toBeGreaterThanOrEqual(4);

    // What a promotion adds to the ledger, and to the log groups: nothing.
    const after = { ledger: await ledgerItems(), logGroups: await logGroups() };
    expect(after.ledger.count - before.ledger.count).toBeLessThanOrEqual(MOST_ITEMS);
    expect(after.ledger.bytes - before.ledger.bytes).toBeLessThanOrEqual(MOST_BYTES);
    expect(after.logGroups).toBe(before.logGroups);

    // The schedule's one turn of these hours, whenever in its window: two at once would both ask for what the first has deleted.
    scenario.advance({ days: 1, minutes: 5 * 60 });
    const later = scenario.run.clock.now() - 60 * 60_000;
    const old = await eventually('what nothing needs to be deleted', async () => {
      const report = await reportSince(later);
      return report.images.length === 2 ? report : undefined;
    });
    expect(old.images.map(({ keep }) => keep)).toEqual(['Running', 'Running']);
    expect(await amis()).toEqual(Object.values(second.images ?? {}).sort());
    expect(await builds()).toBe(2);
    expect(await revisions()).toBe(2);
    expect(scenario.run.host.accessReport().denied).toEqual([]);

    const { instances } = await seeFleet(scenario.run);
    const [lost] = instances.map(({ InstanceId = '' }) => InstanceId);
    await call('ec2', 'TerminateInstances', { InstanceIds: [lost] });
    const image = await prodImage(scenario);
    await eventually('another instance in its place', async () => {
      const { groups, instances: now } = await seeFleet(scenario.run);
      const ready = groups.flatMap(({ Instances = [] }) =>
        Instances.filter(({ LifecycleState }) => LifecycleState === 'InService'),
      );
      const isReplaced = ready.every(({ InstanceId }) => InstanceId !== lost);
      return ready.length === instances.length && isReplaced && now.every(({ ImageId }) => ImageId === image)
        ? true
        : undefined;
    });
    const versions = await Promise.all(
      Array.from({ length: 6 }, async () => (await fetch(`${scenario.application.prodUrl}/version`)).text()),
    );
    for (const version of versions) expect(version).toContain(second.commitId);
  });

  it('are told on the command line', async () => {
    const { code, out } = await lockstep(scenario, 'images');
    expect(out).toMatch(/orders, looked at .*: images: 2, revisions: 2, snapshots: 16 GiB/);
    expect(code).toBe(0);
  });
});
