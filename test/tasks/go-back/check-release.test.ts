import { DescribeImagesCommand, EC2Client } from '@aws-sdk/client-ec2';
import { HeadObjectCommand, NotFound, S3Client } from '@aws-sdk/client-s3';
import { checkRelease } from '../../../tasks/go-back/check-release.ts';
import { builtReader, commitReader, objectReader } from '../../../tasks/go-back/release-parts.ts';
import { createImages } from '../../../tasks/images/ec2-image.ts';
import type { Promotion } from '../../../tasks/ledger/items.ts';
import type { BuiltRevision } from '../../../tasks/payloads.ts';
import { createMemoryLedger } from '../doubles/memory-ledger.ts';
import { aGoBack, aPromotion, aRelease, COMMIT, PROMOTION_ID } from '../doubles/samples.ts';
import { because, double, offline, on } from '../doubles/sdk.ts';

const readable = async () => undefined;
const check = async ({
  promotion = aPromotion({ goBack: aGoBack() }),
  release = aRelease(),
  prodImageId = 'ami-a',
  State = 'available',
  readRevision = readable as (commitId: string) => Promise<void>,
  readBuilt,
  built,
}: {
  promotion?: Promotion;
  release?: Promotion;
  prodImageId?: string;
  State?: 'available' | 'disabled' | 'gone';
  readRevision?: (commitId: string) => Promise<void>;
  readBuilt?: (built: BuiltRevision) => Promise<void>;
  built?: BuiltRevision | null;
} = {}) => {
  const ledger = createMemoryLedger();
  await ledger.addPromotion(promotion);
  await ledger.addPromotion(release);
  return checkRelease({
    ledger,
    image: async () => (State === 'gone' ? undefined : { State }),
    readRevision,
    ...(readBuilt && { readBuilt }),
  })({ promotionId: PROMOTION_ID, commitId: COMMIT, prodImageId, ...(built !== undefined && { built }) });
};

it('lets a release through whose image and revision are there', async () => {
  await expect(check()).resolves.toBeUndefined();
});

const BUILT = { bucket: 'artifacts', key: 'lockstep-builds/1/revision.zip', version: 'v1', sha256: 'a1' };
const ofBuilt = (change: Partial<BuiltRevision> = {}) => ({
  promotion: aPromotion({ goBack: aGoBack({ built: BUILT }), built: BUILT }),
  release: aRelease({ built: { ...BUILT, ...change } }),
  built: BUILT,
});

it('reads what the release was built into, and not its commit', async () => {
  const read: BuiltRevision[] = [];
  await check({
    ...ofBuilt(),
    readRevision: () => Promise.reject(new Error('rewritten')),
    readBuilt: async (built) => {
      read.push(built);
    },
  });
  expect(read).toEqual([BUILT]);
});

it.each<[string, Parameters<typeof check>[0], string]>([
  [
    'what was built, if it is gone',
    { ...ofBuilt(), readBuilt: () => Promise.reject(new Error('deleted')) },
    `What was built of ${COMMIT} (${BUILT.key}) cannot be read: Error: deleted.`,
  ],
  [
    'a release before there was a build',
    { readBuilt: readable, built: null },
    'before the application had a build',
  ],
  ['a release that was built, without a build now', { ...ofBuilt() }, 'the application has no build now'],
  ['an image that is gone', { State: 'gone' }, "The image ami-a is gone in Prod's account and region."],
  ['an image that is disabled', { State: 'disabled' }, 'The image ami-a is disabled in'],
  [
    'a revision that is gone',
    { readRevision: commitReader(async () => []) },
    `The revision ${COMMIT} cannot be read: Error: the repository does not have it.`,
  ],
])('fails with ReleaseGone for %s', async (_, situation, message) => {
  await expect(check(situation)).rejects.toMatchObject({
    name: 'ReleaseGone',
    message: expect.stringContaining(message),
  });
});

it.each<[string, Parameters<typeof check>[0]]>([
  ['that no operator asked for', { promotion: aPromotion() }],
  ['with another image', { prodImageId: 'ami-other' }],
  ['of another commit', { promotion: aPromotion({ commitId: 'c'.repeat(40), goBack: aGoBack() }) }],
  ['to a release of another commit', { release: aRelease({ commitId: 'c'.repeat(40) }) }],
  ['to a release with another image', { release: aRelease({ images: { prod: 'ami-other' } }) }],
  ['that deploys another build', { ...ofBuilt(), readBuilt: readable, built: { ...BUILT, version: 'v2' } }],
  ['to a release of another build', { ...ofBuilt({ version: 'v0' }), readBuilt: readable }],
  ['to what was not promoted', { release: aRelease({ status: 'FAILED' }) }],
])('fails with GoBackNotAskedFor for an execution %s', async (_, situation) => {
  await expect(check(situation)).rejects.toMatchObject({ name: 'GoBackNotAskedFor' });
});

it('asks EC2 for an image, disabled ones too, and takes its "not found" for gone', async () => {
  const image = { ImageId: 'ami-a', State: 'disabled' } as const;
  const { client, sent } = double(
    new EC2Client(offline),
    on(DescribeImagesCommand, () => ({ Images: [image] })),
  );
  await expect(createImages(client)('ami-a')).resolves.toEqual(image);
  expect(sent[0]?.input).toEqual({ ImageIds: ['ami-a'], IncludeDisabled: true });
  for (const [name, found] of [
    ['InvalidAMIID.NotFound', undefined],
    ['UnauthorizedOperation', 'UnauthorizedOperation'],
  ] as const) {
    const failing = double(
      new EC2Client(offline),
      on(DescribeImagesCommand, () => {
        throw Object.assign(new Error('no'), { name });
      }),
    );
    await expect(createImages(failing.client)('ami-a').catch((error: Error) => error.name)).resolves.toBe(
      found,
    );
  }
});

it('looks at the version of an archive, and fails if it is gone', async () => {
  let isThere = true;
  const { client, sent } = double(
    new S3Client(offline),
    on(HeadObjectCommand, () => {
      if (isThere) return {};
      throw new NotFound(because('gone'));
    }),
  );
  const read = objectReader('bucket/builds/shop.zip', client);
  await read('v1');
  expect(sent[0]?.input).toEqual({ Bucket: 'bucket', Key: 'builds/shop.zip', VersionId: 'v1' });
  isThere = false;
  await expect(read('v1')).rejects.toThrow();
  isThere = true;
  await builtReader(client)(BUILT);
  expect(sent.at(-1)?.input).toEqual({ Bucket: 'artifacts', Key: BUILT.key, VersionId: 'v1' });
});
