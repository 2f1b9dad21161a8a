import type { ImageDrift } from '../../../tasks/image-inventory/image-drift.ts';
import { imageObjectKey } from '../../../tasks/image-inventory/image-objects.ts';
import { inspectImage } from '../../../tasks/image-inventory/inspect-image.ts';
import { type Inventory, inventoryDigest, type Package } from '../../../tasks/image-inventory/inventory.ts';
import type { InspectImageRequest, ScannedImage } from '../../../tasks/payloads.ts';
import { openEnvelope } from '../../../tasks/provenance/dsse.ts';
import { createMemoryLedger } from '../doubles/memory-ledger.ts';
import { aJob, aPromotion, COMMIT, PROMOTION_ID } from '../doubles/samples.ts';
import { statementKey } from '../provenance/statement-key.ts';
import { manyPackages } from './sample-inventory.ts';

const key = statementKey();
const RECIPE = 'arn:aws:imagebuilder:us-east-1:000000000000:image-recipe/shop/1.0.1';
const buildArn = (build: number) => `arn:aws:imagebuilder:us-east-1:000000000000:image/shop/1.0.1/${build}`;

/** A world with packages that may change between builds. */
const begin = async (drift: ImageDrift = 'security-updates') => {
  const objects = new Map<string, string>();
  const ledger = createMemoryLedger();
  await ledger.addPromotion(aPromotion());
  const world = {
    packages: [{ name: 'bash', version: '5.2-1' }] as readonly Package[],
    parent: 'ami-parent',
    digests: { a: 'a'.repeat(64) } as Readonly<Record<string, string | undefined>>,
    isGone: false,
    scanned: {} as ScannedImage | undefined,
  };
  const inspect = inspectImage({
    contents: {
      image: async () =>
        world.isGone
          ? undefined
          : {
              dateCreated: '2026-11-22T10:00:00.000Z',
              imageRecipe: {
                arn: RECIPE,
                name: 'shop',
                version: '1.0.1',
                parentImage: 'x.x.x',
                components: Object.keys(world.digests).map((componentArn) => ({ componentArn })),
              },
            },
      packages: async () => world.packages,
      componentDigest: async (arn) => world.digests[arn],
      parent: async () => ({ imageId: world.parent }),
    },
    ledger,
    archive: {
      keep: async (name, text) => void (objects.has(name) || objects.set(name, text)),
      read: async (name) => objects.get(name),
    },
    signer: { key: async () => ({ arn: 'key', publicKey: key.publicKey }), sign: key.sign },
    application: 'shop',
    drift,
    scan: async () => world.scanned,
  });
  const request = (environment: 'qat' | 'prod', build: number): InspectImageRequest => ({
    promotionId: PROMOTION_ID,
    environment,
    imageId: `ami-${environment}`,
    imageBuildVersionArn: buildArn(build),
    imagePipelineArn: `pipeline-${environment}`,
  });
  return {
    objects,
    world,
    ask: (environment: 'qat' | 'prod', build = 1) => inspect(request(environment, build)),
    /** Inspects the QAT image, and records it as its job does. */
    qat: async () => {
      const { inventory } = await inspect(request('qat', 1));
      await ledger.addJob(
        aJob({
          status: 'SUCCEEDED',
          output: { imageId: 'ami-qat', imageBuildVersionArn: buildArn(1), inventory },
        }),
      );
      return inventory;
    },
  };
};

describe('an image that was built', () => {
  it('is kept as an inventory, both bills of materials and a signed statement, the same however often it is inspected', async () => {
    const { ask, objects } = await begin();
    const { inventory: digest } = await ask('qat');
    const before = new Map(objects);
    expect(await ask('qat')).toEqual({ inventory: digest });
    expect(objects).toEqual(before);
    const text = (document: Parameters<typeof imageObjectKey>[3]) =>
      objects.get(imageObjectKey('shop', 'ami-qat', digest, document)) ?? '';
    const inventory = JSON.parse(text('inventory.json')) as Inventory;
    expect(inventoryDigest(inventory)).toBe(digest);
    expect(inventory).toMatchObject({
      imageId: 'ami-qat',
      parent: { imageId: 'ami-parent' },
      components: [{ arn: 'a', digest: 'a'.repeat(64) }],
      packages: [{ name: 'bash', version: '5.2-1' }],
    });
    expect(JSON.parse(text('cyclonedx.json')).specVersion).toBe('1.6');
    expect(JSON.parse(text('spdx.json')).spdxVersion).toBe('SPDX-2.3');
    expect(openEnvelope(text('provenance.json'), key.publicKey)).toMatchObject({
      statement: {
        subject: [{ name: 'ami-qat', digest: { sha256: digest } }],
        predicate: { buildDefinition: { externalParameters: { commitId: COMMIT, environment: 'qat' } } },
      },
    });
  });

  it('is said to be scanned while its scan works, and then with what came of it', async () => {
    const { ask, world } = await begin();
    world.scanned = undefined;
    expect(await ask('qat')).toEqual({ inventory: expect.any(String), isScanning: true });
    world.scanned = { findings: 'f'.repeat(64), stopped: ['CVE-1'] };
    expect(await ask('qat')).toEqual({ inventory: expect.any(String), ...world.scanned });
  });

  it('cannot be inspected if it is gone, and nothing is kept', async () => {
    const { ask, world, objects } = await begin();
    world.isGone = true;
    await expect(ask('qat')).rejects.toThrow('is gone; a redrive builds again');
    expect(objects.size).toBe(0);
  });
});

describe('a Prod image is compared with the approved QAT image', () => {
  it('and is as approved if it is equal', async () => {
    const { ask, qat } = await begin('none');
    await qat();
    expect((await ask('prod', 2)).differs).toBeUndefined();
  });

  it.each<readonly [string, (world: Awaited<ReturnType<typeof begin>>['world']) => void, RegExp]>([
    [
      'parent',
      (world) => {
        world.parent = 'ami-another';
      },
      /The parent image was ami-parent and is ami-another\./,
    ],
    [
      'component',
      (world) => {
        world.digests = { a: 'b'.repeat(64) };
      },
      /The component a \(SHA-256 bbbbbbbbbbbb…\) was added\./,
    ],
    [
      'package',
      (world) => {
        world.packages = [{ name: 'bash', version: '5.1-1' }];
      },
      /bash went down from 5\.2-1 to 5\.1-1\./,
    ],
  ])('and is not if its %s differs; its contents are kept all the same', async (_, change, text) => {
    const { ask, qat, world, objects } = await begin();
    await qat();
    change(world);
    const { differs = [], inventory } = await ask('prod', 2);
    expect(differs.join(' ')).toMatch(text);
    expect(objects.has(imageObjectKey('shop', 'ami-prod', inventory, 'inventory.json'))).toBe(true);
  });

  it('and tells 20 of many differences', async () => {
    const { ask, qat, world } = await begin();
    await qat();
    world.packages = manyPackages(100);
    const { differs = [] } = await ask('prod', 2);
    expect(differs).toHaveLength(21);
    expect(differs.at(-1)).toBe('And 81 more.');
  });

  it('and counts as different if nothing is known of the QAT image', async () => {
    const { ask } = await begin('any');
    expect((await ask('prod', 2)).differs).toEqual([
      'The contents of the approved QAT image of this promotion are not in the evidence bucket.',
    ]);
  });

  it('and counts as different if the contents of the QAT image are not those that were recorded', async () => {
    const { ask, qat, objects } = await begin('any');
    const digest = await qat();
    const key = imageObjectKey('shop', 'ami-qat', digest, 'inventory.json');
    const edited = { ...(JSON.parse(objects.get(key) ?? '') as Inventory), packages: [] };
    objects.set(key, JSON.stringify(edited));
    expect((await ask('prod', 2)).differs).toEqual([
      `The contents of the approved QAT image ami-qat in the evidence bucket are not those that were recorded (SHA-256 ${digest}).`,
    ]);
  });
});
