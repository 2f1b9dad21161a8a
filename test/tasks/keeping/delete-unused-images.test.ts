import { aGoBack, aJob, aPromotion } from '../doubles/samples.ts';
import { createKeepingWorld, type KeepingWorld } from './keeping-world.ts';

const START = '2026-11-22T10:00:00.000Z';

let keeping: KeepingWorld;
beforeEach(() => {
  keeping = createKeepingWorld(START);
});

/** A release with its Prod image and revision, which Prod runs. */
const release = async (promotionId: string) => {
  const { ledger, build, deploy, instances, parameters, world } = keeping;
  const image = build('prod');
  parameters.prod = image.imageId;
  instances['eu-west-1'] = [image.imageId];
  const deployment = deploy('prod');
  const at = world.now.toISOString();
  await ledger.addPromotion(
    aPromotion({
      promotionId,
      status: 'SUCCEEDED',
      startedAt: at,
      endedAt: at,
      images: { prod: image.imageId },
      deployments: { prod: deployment },
    }),
  );
  return image;
};

/** A promotion that failed after it had built QAT's image. */
const failed = async (promotionId: string) => {
  const { ledger, build, world } = keeping;
  const { arn, imageId } = build('qat');
  const at = world.now.toISOString();
  await ledger.addPromotion(aPromotion({ promotionId, status: 'FAILED', startedAt: at, endedAt: at }));
  await ledger.addJob(
    aJob({
      promotionId,
      externalId: arn,
      status: 'SUCCEEDED',
      output: { imageId, imageBuildVersionArn: arn },
    }),
  );
  return imageId;
};

describe('deleting what nothing needs', () => {
  it('T61: deletes the resource of Image Builder first, then the AMI in each account and region', async () => {
    const { arn } = keeping.build('prod');
    keeping.pass(2);
    await keeping.clean();
    expect(keeping.calls).toEqual([
      `delete ${arn}`,
      'deregister ami-1-us-east-1',
      'deregister ami-1-eu-west-1',
    ]);
    expect(keeping.imageIds()).toEqual([]);
  });

  it('T61: keeps what a failed promotion built as long as a redrive may use it', async () => {
    const imageId = await failed('p');
    keeping.pass(14);
    await keeping.clean();
    expect(keeping.imageIds()).toEqual([imageId]);
    keeping.pass(1);
    await keeping.clean();
    expect(keeping.imageIds()).toEqual([]);
  });

  it('keeps the image that a promotion goes back to, while people decide about it', async () => {
    const { ledger, build } = keeping;
    const { imageId } = build('prod');
    const goBack = aGoBack({ prodImageId: imageId });
    await ledger.addPromotion(aPromotion({ promotionId: 'goes-back', startedAt: START, goBack }));
    keeping.pass(30);
    await keeping.clean();
    expect(keeping.imageIds()).toContain(imageId);
  });

  it('keeps a promotion that waits for months, however many began since', async () => {
    const { ledger, build } = keeping;
    const { arn, imageId } = build('qat');
    await ledger.addPromotion(aPromotion({ promotionId: 'waits', startedAt: START }));
    await ledger.addJob(aJob({ promotionId: 'waits', externalId: arn, status: 'RUNNING' }));
    for (let n = 0; n < 150; n++) {
      keeping.pass(2);
      await release(`p-${n}`);
    }
    await keeping.clean(3);
    expect(keeping.imageIds()).toContain(imageId);
    expect(keeping.builds.size).toBe(1 + 3);
  });

  it('keeps the last releases with image and revision, by when they reached Prod', async () => {
    const images: string[] = [];
    for (const name of ['a', 'b', 'c', 'd']) {
      images.push((await release(name)).imageId);
      keeping.pass(30);
    }
    const report = await keeping.clean(2);
    expect([...keeping.amis['eu-west-1'].keys()]).toEqual(images.slice(2));
    expect(keeping.revisions.size).toBe(2);
    expect(report).toMatchObject({
      images: [{ keep: 'Running' }, { keep: 'Release' }],
      revisions: 2,
      deleted: { images: 2, revisions: 2 },
    });
  });

  it('keeps what the pipeline read for a promotion that waits: the next request for an approval reads it again', async () => {
    const { ledger, deploy, revisions, live, sources } = keeping;
    deploy('qat');
    const [read] = [...revisions.values()];
    live.qat = { bucket: 'elsewhere', key: 'copy' };
    if (read) sources.set('run', read);
    await ledger.addPromotion(aPromotion({ promotionId: 'waits' }));
    await ledger.addJob(
      aJob({ promotionId: 'waits', kind: 'pipeline-run', externalId: 'lockstep-shop-qat/run' }),
    );
    keeping.pass(5);
    await keeping.clean();
    expect([...revisions.values()]).toEqual([read]);
    await ledger.updatePromotion('waits', { status: 'REJECTED', endedAt: keeping.world.now.toISOString() });
    await keeping.clean();
    expect(revisions.size).toBe(0);
  });

  it('leaves promotions of other applications out', async () => {
    const { ledger, build } = keeping;
    const { imageId } = build('prod');
    await ledger.addPromotion(
      aPromotion({ application: 'books', images: { prod: imageId }, deployments: { prod: 'd' } }),
    );
    keeping.pass(2);
    await keeping.clean();
    expect(keeping.imageIds()).toEqual([]);
  });

  it('keeps what an instance runs, no matter what the ledger says', async () => {
    const { imageId } = keeping.build('prod');
    keeping.instances['eu-west-1'].push(imageId);
    keeping.pass(100);
    await keeping.clean();
    expect(keeping.imageIds()).toHaveLength(2);
  });

  it('goes on where it was cut short: an AMI whose build is gone is found by its tags', async () => {
    keeping.build('prod');
    keeping.pass(2);
    keeping.faults.set('deregister in eu-west-1', { after: 0 });
    await expect(keeping.clean()).rejects.toThrow('throttled');
    expect([keeping.builds.size, keeping.imageIds()]).toEqual([0, ['ami-1-eu-west-1']]);
    keeping.faults.clear();
    await keeping.clean();
    expect(keeping.imageIds()).toEqual([]);
    keeping.calls.length = 0;
    await keeping.clean();
    expect(keeping.calls).toEqual([]);
  });

  it('notes what it kept, and why', async () => {
    const image = await release('a');
    keeping.pass(3);
    await keeping.clean();
    expect(await keeping.ledger.imageReport('shop')).toEqual({
      application: 'shop',
      at: '2026-11-25T10:00:00.000Z',
      images: [
        {
          build: image.arn,
          amis: [
            { imageId: 'ami-1-us-east-1', region: 'us-east-1', size: 8 },
            { imageId: 'ami-1-eu-west-1', region: 'eu-west-1', size: 8 },
          ],
          createdAt: START,
          keep: 'Running',
        },
      ],
      revisions: 1,
      deleted: { images: 0, revisions: 0 },
    });
  });
});

describe('fails closed', () => {
  it.each([
    'builds',
    'amis in us-east-1',
    'amis in eu-west-1',
    'instances in us-east-1',
    'instances in eu-west-1',
    'parameter of qat',
    'parameter of prod',
    'group of qat',
    'group of prod',
    'revisions',
    'deployment',
  ])('fails and deletes nothing if %s cannot be read', async (what) => {
    keeping.build('prod');
    await release('a');
    keeping.pass(30);
    keeping.faults.set(what, { after: 0 });
    await expect(keeping.clean()).rejects.toThrow(`${what} is throttled`);
    expect(keeping.calls).toEqual([]);
    expect(await keeping.ledger.imageReport('shop')).toBeUndefined();
  });

  it('fails and deletes nothing if a run of a promotion that waits cannot be read', async () => {
    keeping.build('prod');
    await keeping.ledger.addPromotion(aPromotion());
    await keeping.ledger.addJob(aJob({ kind: 'pipeline-run', externalId: 'lockstep-shop-qat/run' }));
    keeping.pass(30);
    keeping.faults.set('run', { after: 0 });
    await expect(keeping.clean()).rejects.toThrow('run is throttled');
    expect(keeping.calls).toEqual([]);
  });

  it('fails and deletes nothing if the ledger cannot be read', async () => {
    await failed('p');
    keeping.pass(30);
    const ledger = keeping.ledger as { promotions: unknown };
    ledger.promotions = async () => {
      throw new Error('the ledger is throttled');
    };
    await expect(keeping.clean()).rejects.toThrow('the ledger is throttled');
    expect(keeping.calls).toEqual([]);
  });

  it('fails after everything else was deleted if one cannot be, and names it', async () => {
    for (let n = 0; n < 3; n++) keeping.build('qat');
    keeping.pass(2);
    keeping.faults.set('deregister in us-east-1', { after: 2 });
    await expect(keeping.clean()).rejects.toMatchObject({
      name: 'UnusedNotDeleted',
      message: expect.stringContaining('1 images or revisions of shop'),
    });
    expect(keeping.imageIds()).toHaveLength(1);
  });

  it('keeps every revision while CodeDeploy does not have the deployment of a release', async () => {
    await release('a');
    await release('b');
    keeping.deploy('qat');
    keeping.deploy('qat');
    keeping.pass(30);
    keeping.deployments.delete('d-2');
    await keeping.clean();
    expect(keeping.revisions.size).toBe(4);
  });
});
