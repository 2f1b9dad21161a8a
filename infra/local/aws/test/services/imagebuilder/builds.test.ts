import { ACCOUNT, administrator, putRole, REGION, runFor, until } from '../shared/test-host.ts';
import {
  arn,
  buildPermissions,
  createImageWorld,
  type ImageAnswer,
  type ImageWorld,
  PIPELINE,
  TOPIC,
} from './image-world.ts';

describe('Image Builder builds', () => {
  let images: ImageWorld;
  beforeEach(() => {
    images = createImageWorld();
  });
  afterEach(() => images.world.remove());

  it('builds in the statuses of AWS, registers one image and tells events and topic (T14, T15)', async () => {
    const { world, registered, messages, open, deploy, start, statuses } = images;
    const opened = await open();
    const { pipeline } = await deploy(opened);
    expect(pipeline.physicalId).toBe(PIPELINE);
    const build = await start(opened);
    expect(build).toBe(arn('image/orders/1.0.0/1'));
    await until(world, () => messages.length > 0);
    expect(statuses(build)).toEqual(['BUILDING', 'TESTING', 'DISTRIBUTING', 'AVAILABLE']);
    expect(world.events.at(-1)).toMatchObject({
      source: 'aws.imagebuilder',
      'detail-type': 'EC2 Image Builder Image State Change',
      detail: { 'previous-state': { status: 'DISTRIBUTING' }, state: { status: 'AVAILABLE' } },
    });
    expect(JSON.stringify(world.events)).not.toContain('ami-');
    const { image } = await opened.call<ImageAnswer>('GetImage', { imageBuildVersionArn: build });
    const ami = {
      region: REGION,
      image: 'ami-00000000000000001',
      accountId: ACCOUNT,
      name: 'orders-qat-2026-11-22T10-00-00.000Z',
    };
    expect(image.state).toEqual({ status: 'AVAILABLE' });
    expect(image.outputResources.amis).toEqual([expect.objectContaining(ami)]);
    expect(registered[0]?.Tags).toEqual(
      expect.arrayContaining([
        { Key: 'Ec2ImageBuilderArn', Value: build },
        { Key: 'CreatedBy', Value: 'EC2 Image Builder' },
        { Key: 'application', Value: 'orders' },
      ]),
    );
    expect(messages).toEqual([
      {
        topic: TOPIC,
        text: expect.any(String),
        by: expect.objectContaining({ roleArn: expect.stringContaining('AWSServiceRoleForImageBuilder') }),
      },
    ]);
    const text = messages[0]?.text ?? '';
    expect(text).toMatch(/"semver":1237940039285380274899124225[,}]/);
    expect(JSON.parse(text)).toMatchObject({
      arn: build,
      versionlessArn: arn('image/orders'),
      version: '1.0.0',
      buildVersion: 1,
      state: { status: 'AVAILABLE' },
      outputResources: { amis: [ami] },
      sourcePipelineArn: PIPELINE,
    });
    const log = await opened.process.inner.call<{ Body: Uint8Array }>(administrator, 's3', 'GetObject', {
      Bucket: 'logs',
      Key: 'qat/orders/1.0.0/1/console.log',
    });
    expect(Buffer.from(log.Body).toString()).toContain('the document was checked, nothing was executed');
  });

  it('lists the builds of a pipeline page by page, and deletes one that has ended, whose number is not given again', async () => {
    const { world, open, deploy, start, statusOf } = images;
    const opened = await open();
    await deploy(opened);
    const first = await start(opened, 'one');
    const running = { imageBuildVersionArn: first };
    await expect(opened.call('DeleteImage', running)).rejects.toMatchObject({
      name: 'InvalidRequestException',
    });
    await until(world, () => statusOf(first) === 'AVAILABLE');
    const second = await start(opened, 'two');
    await until(world, () => statusOf(second) === 'AVAILABLE');
    type Page = { imageSummaryList: object[]; nextToken?: string };
    const list = { imagePipelineArn: PIPELINE, maxResults: 1 };
    const page = await opened.call<Page>('ListImagePipelineImages', list);
    expect(page.imageSummaryList).toEqual([
      expect.objectContaining({
        arn: first,
        state: { status: 'AVAILABLE' },
        dateCreated: '2026-11-22T10:00:00.000Z',
        outputResources: { amis: [expect.objectContaining({ image: 'ami-00000000000000001' })] },
      }),
    ]);
    const rest = await opened.call<Page>('ListImagePipelineImages', { ...list, nextToken: page.nextToken });
    expect(rest).toMatchObject({ imageSummaryList: [{ arn: second }] });
    expect(rest.nextToken).toBeUndefined();

    await opened.call('DeleteImage', { imageBuildVersionArn: second });
    await expect(opened.call('DeleteImage', { imageBuildVersionArn: second })).rejects.toMatchObject({
      name: 'ResourceNotFoundException',
    });
    expect(await opened.call<Page>('ListImagePipelineImages', { imagePipelineArn: PIPELINE })).toMatchObject({
      imageSummaryList: [{ arn: first }],
    });
    expect(await start(opened, 'three')).toBe(arn('image/orders/1.0.0/3'));
  });

  it('gives the same build for the same client token, another for another (T13)', async () => {
    const { open, deploy, start } = images;
    const opened = await open();
    await deploy(opened);
    const first = await start(opened, 'attempt-1');
    expect(await start(opened, 'attempt-1')).toBe(first);
    expect(await start(opened, 'attempt-2')).toBe(arn('image/orders/1.0.0/2'));
    const other = { imagePipelineArn: PIPELINE, clientToken: 'x'.repeat(37) };
    await expect(opened.call('StartImagePipelineExecution', other)).rejects.toThrow('received 37');
    await expect(
      opened.call('StartImagePipelineExecution', { imagePipelineArn: `${PIPELINE}2` }),
    ).rejects.toMatchObject({ name: 'ResourceNotFoundException' });
  });

  it('fails a build that was asked to fail, tells so, and gives the failed build for its token again', async () => {
    const { world, registered, messages, open, deploy, start, statusOf, statuses } = images;
    const opened = await open();
    await deploy(opened);
    opened.process.host.faults.arm(PIPELINE, 1);
    const build = await start(opened);
    await until(world, () => messages.length > 0);
    expect(statuses(build)).toEqual(['BUILDING', 'FAILED']);
    expect(JSON.parse(messages[0]?.text ?? '')).toMatchObject({
      arn: build,
      state: { status: 'FAILED', reason: expect.stringContaining('--fail') },
    });
    expect(await start(opened)).toBe(build);
    const next = await start(opened, 'token-2');
    await until(world, () => statusOf(next) === 'AVAILABLE');
    expect(registered).toHaveLength(1);
  });

  it('fails a build whose instance may not write the log (T17) or whose profile does not exist', async () => {
    const { world, open, deploy, start, statusOf } = images;
    const opened = await open();
    await deploy(opened);
    putRole(world, 'build', 'ec2.amazonaws.com', buildPermissions('arn:aws:s3:::other/*'));
    const build = await start(opened);
    await until(world, () => statusOf(build) === 'FAILED');
    const { image } = await opened.call<ImageAnswer>('GetImage', { imageBuildVersionArn: build });
    expect(image.state.reason).toContain(
      's3:PutObject on resource: arn:aws:s3:::logs/qat/orders/1.0.0/1/console.log',
    );
    expect(image.outputResources.amis).toEqual([]);
    world.store.table('iam.instanceProfiles').delete('build');
    const second = await start(opened, 'two');
    await until(world, () => statusOf(second) === 'FAILED');
  });

  it('cancels a build without telling the topic (T14)', async () => {
    const { world, messages, open, deploy, start, statuses } = images;
    const opened = await open();
    await deploy(opened);
    const build = await start(opened);
    await opened.call('CancelImageCreation', { imageBuildVersionArn: build });
    await runFor(world, 2000);
    expect(statuses(build)).toEqual(['CANCELLED']);
    expect(messages).toEqual([]);
    await expect(opened.call('CancelImageCreation', { imageBuildVersionArn: build })).rejects.toThrow(
      'CANCELLED',
    );
  });

  it('leaves the image available when its topic cannot be reached', async () => {
    const { world, open, deploy, start, statusOf } = images;
    world.played.sns = {
      Publish: () => {
        throw new Error('no topic');
      },
    };
    const opened = await open();
    await deploy(opened);
    const build = await start(opened);
    await until(world, () => world.logs.some(({ message }) => message.includes('could not be published')));
    expect(statusOf(build)).toBe('AVAILABLE');
  });

  it('goes on after a crash and registers one image, whichever write it comes after', async () => {
    const { world, registered, messages, open, deploy, start, statusOf, statuses } = images;
    const first = await open();
    await deploy(first);
    const before = first.process.writes();
    await start(first, 'count');
    await until(world, () => messages.length > 0);
    await runFor(world, 200);
    const writes = first.process.writes() - before;
    first.process.kill();
    expect(writes).toBeGreaterThanOrEqual(6);
    for (let life = 1; life <= writes; life++) {
      messages.length = 0;
      registered.length = 0;
      const dying = await open(life);
      // A process that dies in the call gives no answer: the caller asks again with the same token.
      void start(dying, `life-${life}`);
      await until(world, () => dying.process.isDead(), `death ${life}`);
      await runFor(world, 100);
      const after = await open();
      after.builder.start?.();
      const build = await start(after, `life-${life}`);
      expect(build).toBe(arn(`image/orders/1.0.0/${life + 1}`));
      await until(world, () => statusOf(build) === 'AVAILABLE' && messages.length > 0, `end of life ${life}`);
      await runFor(world, 200);
      expect(registered).toHaveLength(1);
      expect(statuses(build)).toEqual(['BUILDING', 'TESTING', 'DISTRIBUTING', 'AVAILABLE']);
      after.process.kill();
    }
  });
});
