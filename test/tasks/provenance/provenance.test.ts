import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { imageObjectKey } from '../../../tasks/image-inventory/image-objects.ts';
import { inventoryDigest } from '../../../tasks/image-inventory/inventory.ts';
import { provenanceProblem } from '../../../tasks/provenance/check-provenance.ts';
import { type Envelope, openEnvelope, signEnvelope } from '../../../tasks/provenance/dsse.ts';
import { type ImageBuildContext, imageStatement } from '../../../tasks/provenance/statement.ts';
import { createMemoryLedger } from '../doubles/memory-ledger.ts';
import { aGoBack, aJob, aPromotion, PROMOTION_ID } from '../doubles/samples.ts';
import { sampleInventory } from '../image-inventory/sample-inventory.ts';
import { statementKey } from './statement-key.ts';

const key = statementKey();
const inventory = sampleInventory();
const digest = inventoryDigest(inventory);
const context = {
  application: 'shop',
  promotionId: PROMOTION_ID,
  commitId: 'c'.repeat(40),
  environment: 'qat',
  imagePipelineArn: 'arn:aws:imagebuilder:us-east-1:000000000000:image-pipeline/lockstep-shop-qat',
} as const;
const statement = (change: Partial<ImageBuildContext> = {}, of = inventory) =>
  JSON.stringify(imageStatement(of, { ...context, ...change }));
const signed = async (text = statement(), by = key): Promise<Envelope> =>
  signEnvelope(text, by.sign, by.publicKey);
const withPayload = (envelope: Envelope, text: string): Envelope => ({
  ...envelope,
  payload: Buffer.from(text, 'utf8').toString('base64'),
});

describe('a signed statement', () => {
  it('says where an image comes from, as SLSA has it', async () => {
    const opened = openEnvelope(JSON.stringify(await signed()), key.publicKey);
    expect(opened).toMatchObject({
      statement: {
        _type: 'https://in-toto.io/Statement/v1',
        subject: [{ name: inventory.imageId, digest: { sha256: digest } }],
        predicateType: 'https://slsa.dev/provenance/v1',
        predicate: {
          buildDefinition: {
            buildType: 'urn:lockstep:image-build:1',
            externalParameters: {
              application: 'shop',
              promotionId: PROMOTION_ID,
              commitId: 'c'.repeat(40),
              environment: 'qat',
            },
            internalParameters: { imagePipelineArn: context.imagePipelineArn },
            resolvedDependencies: [
              { name: 'recipe', uri: inventory.recipe.arn },
              { name: 'parent image', uri: 'ami-0aaaaaaaaaaaaaaaa' },
            ],
          },
          runDetails: {
            builder: { id: context.imagePipelineArn },
            metadata: { invocationId: inventory.imageBuildVersionArn, startedOn: inventory.createdAt },
          },
        },
      },
    });
  });

  it('is verified by openssl as docs say', async () => {
    const { payloadType, payload, signatures } = await signed();
    const directory = fs.mkdtempSync(path.join(tmpdir(), 'lockstep-dsse-'));
    try {
      const text = Buffer.from(payload, 'base64');
      const file = (name: string, content: string | Buffer) => {
        fs.writeFileSync(path.join(directory, name), content);
        return path.join(directory, name);
      };
      const message = file(
        'message',
        Buffer.concat([Buffer.from(`DSSEv1 ${payloadType.length} ${payloadType} ${text.length} `), text]),
      );
      const signature = file('signature', Buffer.from(signatures[0]?.sig ?? '', 'base64'));
      const publicKey = file('key.pem', key.publicKey);
      const verify = (...args: readonly string[]) =>
        execFileSync('openssl', ['dgst', '-sha256', '-verify', publicKey, '-signature', ...args], {
          encoding: 'utf8',
        });
      expect(verify(signature, message)).toContain('Verified OK');
      fs.appendFileSync(message, ' ');
      expect(() => verify(signature, message)).toThrow();
    } finally {
      fs.rmSync(directory, { recursive: true, force: true });
    }
  });
});

describe('an image is used only if a statement says where it comes from', () => {
  const imageId = inventory.imageId;
  const objectKey = imageObjectKey('shop', imageId, digest, 'provenance.json');
  const build = aJob({
    status: 'SUCCEEDED',
    output: { imageId, imageBuildVersionArn: inventory.imageBuildVersionArn, inventory: digest },
  });
  const problem = async (
    envelope: Envelope | string | undefined,
    { job = build, promotion = aPromotion(), asked = PROMOTION_ID } = {},
  ) => {
    const ledger = createMemoryLedger();
    await ledger.addPromotion(promotion);
    await ledger.addJob(job);
    return provenanceProblem({
      ledger,
      read: async (name) =>
        name !== objectKey || envelope === undefined
          ? undefined
          : typeof envelope === 'string'
            ? envelope
            : JSON.stringify(envelope),
      publicKey: async () => key.publicKey,
    })(asked, imageId);
  };

  it('takes one that Lockstep signed about it', async () => {
    expect(await problem(await signed())).toBeUndefined();
  });

  it('takes the one of the promotion that built the image of a release', async () => {
    const promotion = aPromotion({ promotionId: 'back', goBack: aGoBack({ to: PROMOTION_ID }) });
    expect(await problem(await signed(), { promotion, asked: 'back' })).toBeUndefined();
  });

  it.each<readonly [string, () => Promise<Envelope | string | undefined>, RegExp]>([
    ['none', async () => undefined, /the evidence bucket has none/],
    ['something else', async () => '{"payload":"e30="}', /no signed statement/],
    [
      'one of another key',
      async () => signed(statement(), statementKey()),
      /has not signed it, or it was changed/,
    ],
    [
      'an edited one',
      async () => withPayload(await signed(), statement({ commitId: 'd'.repeat(40) })),
      /has not signed it, or it was changed/,
    ],
    [
      'one signed as another type',
      async () => ({ ...(await signed()), payloadType: 'application/json' }),
      /of the type application\/json/,
    ],
    [
      'one about another image',
      async () => signed(statement({}, sampleInventory({ imageId: 'ami-0fedcba9876543210' }))),
      /about another image/,
    ],
    [
      'one about other contents',
      async () => signed(statement({}, sampleInventory({ packages: [] }))),
      /about other contents/,
    ],
    [
      'one of another application',
      async () => signed(statement({ application: 'stock' })),
      /for the application stock/,
    ],
    ['a signed record of something else', async () => signed('{"ended":"SUCCEEDED"}'), /does not say where/],
  ])('denies one with %s', async (_, envelope, reason) => {
    expect(await problem(await envelope())).toMatch(reason);
  });

  it('denies one whose promotion recorded no contents, as before images were inspected', async () => {
    const { inventory: _, ...output } = build.output ?? {};
    expect(await problem(await signed(), { job: { ...build, output } })).toMatch(
      /recorded no contents of it/,
    );
  });
});
