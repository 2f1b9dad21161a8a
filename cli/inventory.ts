import { createHash } from 'node:crypto';
import { errorText } from '../tasks/error-text.ts';
import { compareInventories, isEqual } from '../tasks/image-inventory/compare-inventories.ts';
import { packageChangeText } from '../tasks/image-inventory/image-drift.ts';
import { type ImageDocument, imageObjectKey } from '../tasks/image-inventory/image-objects.ts';
import type { Inventory } from '../tasks/image-inventory/inventory.ts';
import { buildOf } from '../tasks/images/build-of.ts';
import { parsedJson } from '../tasks/json.ts';
import type { Promotion } from '../tasks/ledger/items.ts';
import { liveBefore } from '../tasks/ledger/live-promotion.ts';
import type { Environment } from '../tasks/payloads.ts';
import { imageProblem } from '../tasks/provenance/check-provenance.ts';
import { readFindings } from '../tasks/vulnerabilities/scan-image.ts';
import { markFixes } from '../tasks/vulnerabilities/security-updates.ts';
import type { Outcome } from './command-result.ts';
import { type Files, readObject } from './evidence.ts';
import { printable } from './format.ts';
import { type SbomFormat, sbomFormats } from './sbom-formats.ts';
import { CommandError, type System } from './system.ts';

/** An image, and the promotion that names it. */
interface NamedImage {
  readonly promotionId: string;
  /** The promotion that built it. */
  readonly madeIn: string;
  readonly imageId: string;
}

const namedImage = (
  { promotionId, goBack, images }: Promotion,
  environment: Environment | undefined,
): NamedImage => {
  const imageId = environment === undefined ? (images.prod ?? images.qat) : images[environment];
  if (imageId === undefined)
    throw new CommandError(
      `${promotionId} has built no image${environment === undefined ? '' : ` for ${environment}`}. Give another promotion, or --environment.`,
    );
  return { promotionId, madeIn: goBack?.to ?? promotionId, imageId };
};

/** How the images of a command are found. */
export interface ImageFinder {
  readonly promotion: (given: string) => Promise<Promotion>;
  /** The newest promotion with an image. */
  readonly byImage: (imageId: string) => Promise<Promotion | undefined>;
  /** The application whose Prod is meant. */
  readonly application: () => string;
}

/**
 * Finds an image by what somebody gave: an AMI's id, a promotion, or `live`.
 * @throws CommandError if there is none
 */
export async function findImage(
  system: System,
  finder: ImageFinder,
  given: string,
  environment: Environment | undefined,
): Promise<NamedImage> {
  if (given === 'live') {
    const application = finder.application();
    const live = await liveBefore(system.ledger, application, '');
    if (live === undefined) throw new CommandError(`Prod of ${application} runs nothing that was promoted.`);
    return namedImage(live, 'prod');
  }
  if (!given.startsWith('ami-')) return namedImage(await finder.promotion(given), environment);
  const promotion = await finder.byImage(given);
  if (promotion === undefined)
    throw new CommandError(`No promotion has the image ${JSON.stringify(given)}. Give its whole id.`);
  return {
    promotionId: promotion.promotionId,
    madeIn: promotion.goBack?.to ?? promotion.promotionId,
    imageId: given,
  };
}

/**
 * Reads a document of an image, once its statement of where it comes from is found valid and its inventory is what the promotion recorded.
 * @throws CommandError if something is missing or not as it was recorded
 */
async function readDocument(
  system: System,
  { promotionId, madeIn, imageId }: NamedImage,
  document: ImageDocument,
): Promise<string> {
  const build = buildOf(await system.ledger.jobs(madeIn), imageId);
  const digest = build?.output?.inventory;
  if (build === undefined || digest === undefined)
    throw new CommandError(
      `What is in ${imageId} was not recorded: it was built before Lockstep kept inventories. Promote again.`,
    );
  const read = (name: ImageDocument) =>
    readObject(system, imageObjectKey(build.application, imageId, digest, name));
  const problem = await imageProblem({
    ledger: system.ledger,
    read: (objectKey) => readObject(system, objectKey),
    publicKey: async () => (await system.publicKey()).publicKey,
  })(promotionId, imageId);
  if (problem !== undefined) throw new CommandError(printable(problem));
  const inventory = await read('inventory.json');
  if (inventory === undefined || createHash('sha256').update(inventory).digest('hex') !== digest)
    throw new CommandError(
      `The inventory of ${imageId} in the evidence bucket is not the one that ${madeIn} recorded (SHA-256 ${digest}).`,
    );
  const text = document === 'inventory.json' ? inventory : await read(document);
  if (text === undefined) throw new CommandError(`The evidence bucket has no ${document} of ${imageId}.`);
  return text;
}

/** Gives an image's bill of materials: to a file, or as the answer. */
export async function sbom(
  system: System,
  image: NamedImage,
  format: SbomFormat,
  out: string | undefined,
  files: Files,
): Promise<Outcome> {
  const text = await readDocument(system, image, sbomFormats[format]);
  if (out === undefined) return { text: text.trimEnd(), json: parsedJson(text) };
  files.create(out, text);
  return {
    text: `${out}: ${format} of ${image.imageId}, which ${image.madeIn} built.`,
    json: { file: out, format, imageId: image.imageId, madeIn: image.madeIn },
  };
}

/** Tells what differs between two images. */
export async function diff(system: System, one: NamedImage, other: NamedImage): Promise<Outcome> {
  const read = async (image: NamedImage) =>
    parsedJson(await readDocument(system, image, 'inventory.json')) as Inventory;
  const [before, now] = [await read(one), await read(other)];
  const compared = compareInventories(before, now);
  const findingsOf = async ({ madeIn, imageId }: NamedImage) =>
    (
      await readFindings(await system.ledger.jobs(madeIn), imageId, (objectKey) =>
        readObject(system, objectKey),
      ).catch((error: unknown) => {
        throw new CommandError(`What is known of ${imageId} cannot be read: ${errorText(error)}.`);
      })
    )?.findings;
  const findings = { before: await findingsOf(one), now: await findingsOf(other) };
  const difference = { ...compared, packages: markFixes(compared.packages, findings) };
  const { recipe, parent, components, packages } = difference;
  const lines = [
    ...(recipe ? [`Recipe: ${recipe.before} → ${recipe.now}`] : []),
    ...(parent
      ? [`Parent image: ${parent.before?.imageId ?? 'unknown'} → ${parent.now?.imageId ?? 'unknown'}`]
      : []),
    ...components.added.map(({ arn }) => `Component added: ${arn}`),
    ...components.removed.map(({ arn }) => `Component removed: ${arn}`),
    ...packages.map(
      (change) =>
        `Package ${packageChangeText(change)}${change.fixes ? `: a security update, fixes ${change.fixes.join(', ')}` : ''}`,
    ),
  ];
  return {
    text: [
      isEqual(difference)
        ? `${one.imageId} and ${other.imageId} have the same contents: ${now.packages.length} packages.`
        : `From ${one.imageId} (${before.packages.length} packages) to ${other.imageId} (${now.packages.length} packages):`,
      ...lines.map(printable),
    ].join('\n'),
    json: { before: one.imageId, now: other.imageId, ...difference },
  };
}
