import { DescribeImagesCommand, EC2Client } from '@aws-sdk/client-ec2';
import { HeadObjectCommand, NotFound, S3Client } from '@aws-sdk/client-s3';
import { checkRelease } from '../../../tasks/go-back/check-release.ts';
import { commitReader, objectReader } from '../../../tasks/go-back/release-parts.ts';
import { createImages } from '../../../tasks/images/ec2-image.ts';
import type { Promotion } from '../../../tasks/ledger/items.ts';
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
}: {
  promotion?: Promotion;
  release?: Promotion;
  prodImageId?: string;
  State?: 'available' | 'disabled' | 'gone';
  readRevision?: (commitId: string) => Promise<void>;
} = {}) => {
  const ledger = createMemoryLedger();
  await ledger.addPromotion(promotion);
  await ledger.addPromotion(release);
  return checkRelease({
    ledger,
    image: async () => (State === 'gone' ? undefined : { State }),
    readRevision,
  })({ promotionId: PROMOTION_ID, commitId: COMMIT, prodImageId });
};

it('lets a release through whose image and revision are there', async () => {
  await expect(check()).resolves.toBeUndefined();
});

it.each<[string, Parameters<typeof check>[0], string]>([
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
});
