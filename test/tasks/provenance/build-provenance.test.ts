import type { Build } from '@aws-sdk/client-codebuild';
import { HeadObjectCommand, NotFound, S3Client } from '@aws-sdk/client-s3';
import { canonicalJson } from '../../../tasks/canonical-json.ts';
import { imageObjectKey } from '../../../tasks/image-inventory/image-objects.ts';
import { inspectBuilt } from '../../../tasks/image-inventory/inspect-built.ts';
import { inventoryDigest } from '../../../tasks/image-inventory/inventory.ts';
import type { Promotion } from '../../../tasks/ledger/items.ts';
import type { BuiltRevision } from '../../../tasks/payloads.ts';
import { buildStatement, buildStatementKey } from '../../../tasks/provenance/build-statement.ts';
import { provenanceProblem } from '../../../tasks/provenance/check-provenance.ts';
import { openEnvelope, signEnvelope } from '../../../tasks/provenance/dsse.ts';
import { objectVersion } from '../../../tasks/provenance/s3-object-version.ts';
import { signBuild, statementDigest } from '../../../tasks/provenance/sign-build.ts';
import { imageStatement } from '../../../tasks/provenance/statement.ts';
import { createMemoryLedger } from '../doubles/memory-ledger.ts';
import { aGoBack, aJob, aPromotion, COMMIT, PROMOTION_ID } from '../doubles/samples.ts';
import { because, double, offline, on } from '../doubles/sdk.ts';
import { sampleInventory } from '../image-inventory/sample-inventory.ts';
import { BUILD_ID, BUILT, IMAGE_DIGEST, sampleBuild } from './sample-build.ts';
import { statementKey } from './statement-key.ts';

const key = statementKey();
const SUBJECT = `s3://${BUILT.bucket}/${BUILT.key}?versionId=${BUILT.version}`;
const REPOSITORY = 'https://git-codecommit.us-east-1.amazonaws.com/v1/repos/shop';

const begin = () => {
  const objects = new Map<string, string>();
  const world = { build: sampleBuild() as Build | undefined, version: 'v1' as string | undefined };
  const sign = signBuild({
    builds: { build: async (id) => (id === BUILD_ID ? world.build : undefined) },
    version: async (bucket, name) =>
      bucket === BUILT.bucket && name === BUILT.key ? world.version : undefined,
    archive: { keep: async (name, text) => void (objects.has(name) || objects.set(name, text)) },
    signer: { key: async () => ({ arn: 'key', publicKey: key.publicKey }), sign: key.sign },
    application: 'shop',
  });
  return { objects, world, sign: () => sign({ promotionId: PROMOTION_ID, buildId: BUILD_ID }) };
};

describe('what a commit was built into', () => {
  it('gets a signed statement of where it comes from, as CodeBuild tells and SLSA has it', async () => {
    const { objects, sign } = begin();
    const answer = await sign();
    const { statement = '' } = answer as { statement?: string };
    expect(answer).toEqual({ version: 'v1', statement: expect.stringMatching(/^[0-9a-f]{64}$/) });
    const opened = openEnvelope(objects.get(buildStatementKey('shop', statement)) ?? '', key.publicKey);
    expect(opened).toEqual({
      text: expect.any(String),
      statement: {
        _type: 'https://in-toto.io/Statement/v1',
        subject: [{ name: SUBJECT, digest: { sha256: BUILT.sha256 } }],
        predicateType: 'https://slsa.dev/provenance/v1',
        predicate: {
          buildDefinition: {
            buildType: 'urn:lockstep:revision-build:1',
            externalParameters: {
              application: 'shop',
              promotionId: PROMOTION_ID,
              repository: REPOSITORY,
              commitId: COMMIT,
              buildspec: 'buildspec.yml',
            },
            resolvedDependencies: [
              { name: 'commit', uri: REPOSITORY, digest: { gitCommit: COMMIT } },
              {
                name: 'build image',
                uri: `registry.example.com/build@sha256:${IMAGE_DIGEST}`,
                digest: { sha256: IMAGE_DIGEST },
              },
            ],
          },
          runDetails: {
            builder: { id: 'arn:aws:codebuild:us-east-1:000000000000:project/lockstep-shop-build' },
            metadata: {
              invocationId: `arn:aws:codebuild:us-east-1:000000000000:build/${BUILD_ID}`,
              startedOn: '2026-11-22T10:00:00.000Z',
              finishedOn: '2026-11-22T10:03:00.000Z',
            },
          },
        },
      },
    });
    expect('text' in opened && statementDigest(opened.text)).toBe(statement);
  });

  it('has one statement, however often it is signed', async () => {
    const { objects, sign } = begin();
    const first = await sign();
    const before = new Map(objects);
    expect(await sign()).toEqual(first);
    expect(objects).toEqual(before);
  });

  it('names the version of an archive in S3 as its commit, which is none of git, and an image by its name alone', async () => {
    const location = 'deliveries/shop.zip';
    const build = sampleBuild({
      source: { type: 'S3', location, buildspec: 'buildspec.yml' },
      sourceVersion: '3sL4kqtJlcpXroDTDmJ.rmSpXd3dIbrHY',
      resolvedSourceVersion: 'e'.repeat(40),
      environment: {
        type: 'LINUX_CONTAINER',
        image: 'aws/codebuild/x:5.0',
        computeType: 'BUILD_GENERAL1_SMALL',
      },
    });
    const { predicate } = buildStatement(build, { application: 'shop', promotionId: 'p', built: BUILT });
    expect(predicate.buildDefinition.externalParameters.commitId).toBe('3sL4kqtJlcpXroDTDmJ.rmSpXd3dIbrHY');
    expect(predicate.buildDefinition.resolvedDependencies).toEqual([
      { name: 'commit', uri: location },
      { name: 'build image', uri: 'aws/codebuild/x:5.0' },
    ]);
  });

  it('is told to be gone if it is, and nothing is kept', async () => {
    const { objects, sign, world } = begin();
    world.version = undefined;
    expect(await sign()).toEqual({ isGone: true });
    expect(objects.size).toBe(0);
  });

  it.each<[string, Build | undefined]>([
    ['is not known', undefined],
    ['has failed', sampleBuild({ buildStatus: 'FAILED' })],
    ['made nothing', sampleBuild({ artifacts: { location: '' } })],
  ])('fails to be signed of a build that %s', async (_, build) => {
    const { objects, sign, world } = begin();
    world.build = build;
    await expect(sign()).rejects.toThrow('a redrive builds again');
    expect(objects.size).toBe(0);
  });

  it('is signed by the function that inspects images', async () => {
    const inspect = inspectBuilt(
      async () => ({ inventory: 'of the image' }),
      async () => ({ version: 'v1', statement: 'of the build' }),
    );
    expect(await inspect({ promotionId: 'p', buildId: 'b' })).toMatchObject({ statement: 'of the build' });
    expect(
      await inspect({
        promotionId: 'p',
        environment: 'qat',
        imageId: 'ami-1',
        imageBuildVersionArn: 'arn',
        imagePipelineArn: 'pipeline',
      }),
    ).toMatchObject({ inventory: 'of the image' });
  });
});

it('the version of an object is the one that S3 has now, if there is one', async () => {
  const of = (answer: () => object) =>
    objectVersion(double(new S3Client(offline), on(HeadObjectCommand, answer)).client)('b', 'k');
  expect(await of(() => ({ VersionId: 'v2' }))).toBe('v2');
  expect(
    await of(() => {
      throw new NotFound(because('gone'));
    }),
  ).toBeUndefined();
});

describe('what a commit was built into is used only if a statement says where it comes from', () => {
  const inventory = sampleInventory();
  const inventoryDigestOf = inventoryDigest(inventory);
  const imageKey = imageObjectKey('shop', inventory.imageId, inventoryDigestOf, 'provenance.json');
  const image = imageStatement(inventory, {
    application: 'shop',
    promotionId: PROMOTION_ID,
    commitId: COMMIT,
    environment: 'qat',
    imagePipelineArn: 'pipeline',
  });
  const textOf = ({ build = sampleBuild(), built = BUILT, application = 'shop' } = {}) =>
    canonicalJson(buildStatement(build, { application, promotionId: PROMOTION_ID, built }));
  const envelopeOf = async (text: string, by = key) =>
    JSON.stringify(await signEnvelope(text, by.sign, by.publicKey));
  const recorded: BuiltRevision = { ...BUILT, statement: statementDigest(textOf()) };

  const problem = async (
    envelope: string | undefined,
    { promotion = aPromotion({ built: recorded }), asked = PROMOTION_ID, signedImage = true } = {},
  ) => {
    const ledger = createMemoryLedger();
    await ledger.addPromotion(promotion as Promotion);
    await ledger.addJob(
      aJob({ status: 'SUCCEEDED', output: { imageId: inventory.imageId, inventory: inventoryDigestOf } }),
    );
    const objects = new Map([
      ...(signedImage ? [[imageKey, await envelopeOf(JSON.stringify(image))] as const] : []),
      ...(envelope === undefined || promotion.built?.statement === undefined
        ? []
        : [[buildStatementKey('shop', promotion.built.statement), envelope] as const]),
    ]);
    return provenanceProblem({
      ledger,
      read: async (name) => objects.get(name),
      publicKey: async () => key.publicKey,
    })(asked, inventory.imageId);
  };
  /** A promotion that recorded just this statement. */
  const recording = (text: string, change: Partial<Promotion> = {}) => ({
    promotion: aPromotion({ built: { ...BUILT, statement: statementDigest(text) }, ...change }),
  });

  it('takes one that Lockstep signed about it, also of the release that a promotion goes back to', async () => {
    expect(await problem(await envelopeOf(textOf()))).toBeUndefined();
    const promotion = aPromotion({
      promotionId: 'back',
      goBack: aGoBack({ to: PROMOTION_ID }),
      built: recorded,
    });
    expect(await problem(await envelopeOf(textOf()), { promotion, asked: 'back' })).toBeUndefined();
    expect(await problem(undefined, { promotion, asked: 'back' })).toMatch(/the evidence bucket has none/);
  });

  it('asks for none where commits are deployed as they are', async () => {
    expect(await problem(undefined, { promotion: aPromotion() })).toBeUndefined();
  });

  it('names an image without a valid one first', async () => {
    expect(await problem(undefined, { signedImage: false })).toMatch(/^The image ami-/);
  });

  const ours = recording(textOf());
  const ofOtherCommit = textOf({ build: sampleBuild({ resolvedSourceVersion: 'd'.repeat(40) }) });
  const ofOtherApplication = textOf({ application: 'stock' });
  const ofOtherVersion = textOf({ built: { ...BUILT, version: 'v2' } });
  const ofOtherContent = textOf({ built: { ...BUILT, sha256: 'b2'.repeat(32) } });
  it.each<[string, string, () => Promise<string | undefined>, RegExp, ReturnType<typeof recording>]>([
    ['none in the bucket', 'missing', async () => undefined, /the evidence bucket has none/, ours],
    [
      'none recorded, as before there were any',
      'missing',
      async () => envelopeOf(textOf()),
      /its promotion recorded none/,
      { promotion: aPromotion({ built: BUILT }) },
    ],
    ['nothing signed', 'unsigned', async () => '{"payload":"e30="}', /no signed statement/, ours],
    [
      'one of another key',
      'forged',
      async () => envelopeOf(textOf(), statementKey()),
      /has not signed it/,
      ours,
    ],
    [
      'an edited one',
      'edited',
      async () =>
        JSON.stringify({
          ...(JSON.parse(await envelopeOf(textOf())) as object),
          payload: Buffer.from(textOf().replace('buildspec.yml', 'evil.yml')).toString('base64'),
        }),
      /has not signed it, or it was changed/,
      ours,
    ],
    [
      'another one than was recorded',
      'foreign',
      async () => envelopeOf(textOf({ build: sampleBuild({ endTime: new Date(0) }) })),
      /not the one that the promotion recorded/,
      ours,
    ],
    [
      'one of another commit',
      'foreign',
      async () => envelopeOf(ofOtherCommit),
      new RegExp(`built of the commit ${'d'.repeat(40)}`),
      recording(ofOtherCommit),
    ],
    [
      'one of another application',
      'foreign',
      async () => envelopeOf(ofOtherApplication),
      /for the application stock/,
      recording(ofOtherApplication),
    ],
    [
      'one of another version under the same key',
      'foreign',
      async () => envelopeOf(ofOtherVersion),
      /about another archive/,
      recording(ofOtherVersion),
    ],
    [
      'one of other content',
      'foreign',
      async () => envelopeOf(ofOtherContent),
      /about other contents/,
      recording(ofOtherContent),
    ],
    [
      'one about an image',
      'foreign',
      async () => envelopeOf(JSON.stringify(image)),
      /does not say where an archive comes from/,
      recording(JSON.stringify(image)),
    ],
  ])('denies it with %s (%s)', async (_, _kind, envelope, reason, of) => {
    const told = await problem(await envelope(), of);
    expect(told).toMatch(reason);
    expect(told).toContain(`What the commit ${COMMIT} was built into (${BUILT.key})`);
  });
});
