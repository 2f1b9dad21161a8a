import { aJob, aPromotion } from '../doubles/samples.ts';
import { createKeepingWorld } from './keeping-world.ts';

const WEEKS = 52;
/** Each working day two commits are pushed. */
const PROMOTIONS_A_DAY = 2;
const RELEASES = 10;

/** What a promotion does, in turn: every fifth fails in Prod and is redriven, every seventh is rejected, every ninth given up. */
const courseOf = (number: number): 'promoted' | 'redriven' | 'rejected' | 'given up' => {
  if (number % 9 === 0) return 'given up';
  if (number % 7 === 0) return 'rejected';
  return number % 5 === 0 ? 'redriven' : 'promoted';
};

/** A year of an application, the function running every day. */
const playYear = async () => {
  const keeping = createKeepingWorld('2026-01-05T09:00:00.000Z');
  const { ledger, world, parameters, instances, live, revisions, amis } = keeping;
  const most = { images: 0, amis: 0, revisions: 0 };
  let promotions = 0;
  const built = async (promotionId: string, environment: 'qat' | 'prod') => {
    const { arn, imageId } = keeping.build(environment);
    await ledger.addJob(
      aJob({
        promotionId,
        state: `Build ${environment} image`,
        externalId: arn,
        status: 'SUCCEEDED',
        output: { imageId, imageBuildVersionArn: arn },
      }),
    );
    await ledger.updatePromotion(promotionId, { images: { [environment]: imageId } });
    parameters[environment] = imageId;
    return imageId;
  };
  const deployed = async (promotionId: string, environment: 'qat' | 'prod', imageId: string) => {
    instances[environment === 'qat' ? 'us-east-1' : 'eu-west-1'] = [imageId];
    await ledger.updatePromotion(promotionId, {
      deployments: { [environment]: keeping.deploy(environment) },
    });
  };
  const ended = (promotionId: string, status: 'SUCCEEDED' | 'FAILED' | 'REJECTED') =>
    ledger.updatePromotion(promotionId, { status, endedAt: world.now.toISOString() });
  const promote = async () => {
    promotions += 1;
    const promotionId = `p-${promotions}`;
    const course = courseOf(promotions);
    await ledger.addPromotion(aPromotion({ promotionId, startedAt: world.now.toISOString() }));
    await deployed(promotionId, 'qat', await built(promotionId, 'qat'));
    if (course === 'rejected') return ended(promotionId, 'REJECTED');
    const served = parameters.prod ?? '';
    const imageId = await built(promotionId, 'prod');
    if (course === 'given up' || course === 'redriven') {
      await ended(promotionId, 'FAILED');
      // restore-prod
      parameters.prod = served;
      if (course === 'given up') return;
      await ledger.updatePromotion(promotionId, { status: 'RUNNING', endedAt: undefined });
      parameters.prod = imageId;
    }
    await deployed(promotionId, 'prod', imageId);
    await ended(promotionId, 'SUCCEEDED');
  };
  const replaceProdInstance = () => {
    const image = parameters.prod ?? '';
    if (image !== 'ami-base' && !amis['eu-west-1'].has(image)) throw new Error(`${image} was deleted`);
    if (live.prod && !revisions.has(live.prod.key)) throw new Error(`${live.prod.key} was deleted`);
  };

  for (let day = 0; day < WEEKS * 7; day++) {
    if (day % 7 < 5) for (let n = 0; n < PROMOTIONS_A_DAY; n++) await promote();
    keeping.pass(1);
    await keeping.clean(RELEASES);
    replaceProdInstance();
    most.images = Math.max(most.images, keeping.builds.size);
    most.amis = Math.max(most.amis, keeping.imageIds().length);
    most.revisions = Math.max(most.revisions, revisions.size);
  }
  return { keeping, promotions, most };
};

it('T55, T61: over a year of 520 promotions, images and revisions stay within their bound, and Prod can replace an instance on any day', async () => {
  const { keeping, promotions, most } = await playYear();
  expect(promotions).toBe(520);
  // Of 15 days: three promotions that failed and were given up, with two images each. Of the last day: four images.
  const bound = RELEASES + 2 + 3 * 2;
  expect(most.images).toBeGreaterThan(RELEASES);
  expect(most.images).toBeLessThanOrEqual(bound);
  // One AMI for QAT, two for Prod, which is elsewhere.
  expect(most.amis).toBeLessThanOrEqual(2 * bound);
  expect(most.revisions).toBeLessThanOrEqual(RELEASES + 2 + 3);
  const report = await keeping.ledger.imageReport('shop');
  expect(
    report?.images.filter(({ keep }) => keep === 'Release' || keep === 'Running').length,
  ).toBeGreaterThan(RELEASES - 1);
}, 60_000);
