import type { Image } from '@aws-sdk/client-imagebuilder';
import { canonicalJson } from '../canonical-json.ts';
import { serialize } from '../evidence/evidence-file.ts';
import type { EvidenceArchive, Signer } from '../evidence/seal-evidence.ts';
import { builtFor } from '../images/build-of.ts';
import { builtImageId } from '../images/built-image-id.ts';
import type { ParentImage } from '../images/parent-image.ts';
import { parsedJson } from '../json.ts';
import type { Ledger } from '../ledger/ledger.ts';
import type { InspectImageOutput, InspectImageRequest, ScannedImage } from '../payloads.ts';
import { signEnvelope } from '../provenance/dsse.ts';
import { imageStatement } from '../provenance/statement.ts';
import { firstSentences } from '../truncate-text.ts';
import { compareInventories } from './compare-inventories.ts';
import { cycloneDx } from './cyclonedx.ts';
import { forbiddenDrift, type ImageDrift } from './image-drift.ts';
import { imageObjectKey } from './image-objects.ts';
import { type Inventory, inventoryDigest, inventoryOf, type Package } from './inventory.ts';
import { spdx } from './spdx.ts';

/** Where the contents of images are read. */
export interface ImageContentsSource {
  /** The image as Image Builder has it; undefined if it is gone. */
  readonly image: (imageBuildVersionArn: string) => Promise<Image | undefined>;
  readonly packages: (imageBuildVersionArn: string) => Promise<readonly Package[]>;
  /** SHA-256 of a component's document; undefined if Image Builder does not show it. */
  readonly componentDigest: (componentArn: string) => Promise<string | undefined>;
  /** What the build's AMI was made from. */
  readonly parent: (imageId: string) => Promise<ParentImage | undefined>;
}

/** What inspecting needs. */
interface InspectImageDependencies {
  readonly contents: ImageContentsSource;
  readonly ledger: Pick<Ledger, 'promotion' | 'jobs'>;
  readonly archive: EvidenceArchive & {
    /** Undefined if there is no such object. */
    readonly read: (objectKey: string) => Promise<string | undefined>;
  };
  readonly signer: Signer;
  readonly application: string;
  readonly drift: ImageDrift;
  /** Undefined while the image's scan works. */
  readonly scan: (
    request: InspectImageRequest,
    image: Pick<Image, 'scanState'>,
  ) => Promise<ScannedImage | undefined>;
}

/** So many differences are told in words; the evidence has all. */
const MOST_TOLD = 20;

/**
 * Inspects an image that was built: keeps its inventory, both software bills of materials and a signed statement of where it comes from;
 * compares a Prod image with the approved QAT image; and has it scanned. Safe to repeat: the same contents give the same objects.
 * @returns the inventory's digest; of a Prod image that differs in more than is allowed, in what; and what came of the scan
 * @throws Error if something cannot be read or kept
 */
export function inspectImage({
  contents,
  ledger,
  archive,
  signer,
  application,
  drift,
  scan,
}: InspectImageDependencies) {
  const read = async (image: Image, imageBuildVersionArn: string, imageId: string): Promise<Inventory> => {
    const arns = (image.imageRecipe?.components ?? []).map(({ componentArn = '' }) => componentArn);
    const [packages, parent, components] = await Promise.all([
      contents.packages(imageBuildVersionArn),
      contents.parent(builtImageId(imageBuildVersionArn, image) ?? imageId),
      Promise.all(
        arns.map(async (arn) => {
          const digest = await contents.componentDigest(arn);
          return { arn, ...(digest !== undefined && { digest }) };
        }),
      ),
    ]);
    return inventoryOf(imageId, imageBuildVersionArn, image, { parent, components, packages });
  };

  const keep = async (
    inventory: Inventory,
    request: InspectImageRequest,
    commitId: string,
  ): Promise<void> => {
    const { promotionId, environment, imagePipelineArn } = request;
    const digest = inventoryDigest(inventory);
    const context = { application, promotionId, commitId, environment, imagePipelineArn };
    const { publicKey } = await signer.key();
    const envelope = await signEnvelope(
      canonicalJson(imageStatement(inventory, context)),
      signer.sign,
      publicKey,
    );
    const documents = {
      // Its SHA-256 is the digest that the promotion records.
      'inventory.json': canonicalJson(inventory),
      'cyclonedx.json': cycloneDx(inventory),
      'spdx.json': spdx(inventory),
      'provenance.json': serialize(envelope),
    } as const;
    for (const [document, text] of Object.entries(documents))
      await archive.keep(
        imageObjectKey(application, inventory.imageId, digest, document as keyof typeof documents),
        text,
      );
  };

  /** What differs from the QAT image that people approved and may not. */
  const driftFromApproved = async (promotionId: string, prod: Inventory): Promise<readonly string[]> => {
    const approved = builtFor(await ledger.jobs(promotionId), 'qat')?.output;
    const { imageId = 'of this promotion', inventory = '' } = approved ?? {};
    const text = await archive.read(imageObjectKey(application, imageId, inventory, 'inventory.json'));
    if (text === undefined)
      return [`The contents of the approved QAT image ${imageId} are not in the evidence bucket.`];
    const recorded = parsedJson(text) as Inventory;
    if (inventoryDigest(recorded) !== inventory)
      return [
        `The contents of the approved QAT image ${imageId} in the evidence bucket are not those that were recorded (SHA-256 ${inventory}).`,
      ];
    return forbiddenDrift(compareInventories(recorded, prod), drift);
  };

  return async function inspectImage(request: InspectImageRequest): Promise<InspectImageOutput> {
    const { promotionId, environment, imageId, imageBuildVersionArn } = request;
    const image = await contents.image(imageBuildVersionArn);
    if (image === undefined)
      throw new Error(`The image build ${imageBuildVersionArn} is gone; a redrive builds again`);
    const inventory = await read(image, imageBuildVersionArn, imageId);
    const promotion = await ledger.promotion(promotionId);
    await keep(inventory, request, promotion?.commitId ?? 'unknown');
    const differences = environment === 'prod' ? await driftFromApproved(promotionId, inventory) : [];
    const scanned = await scan(request, image);
    return {
      inventory: inventoryDigest(inventory),
      ...(scanned ?? { isScanning: true }),
      ...(differences.length > 0 && { differs: firstSentences(differences, MOST_TOLD) }),
    };
  };
}
