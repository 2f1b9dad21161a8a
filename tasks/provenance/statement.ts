import { type Inventory, inventoryDigest } from '../image-inventory/inventory.ts';
import { isObject } from '../json.ts';
import type { Environment } from '../payloads.ts';

/** Statements of this type say where their subjects come from. */
export const STATEMENT = 'https://in-toto.io/Statement/v1';
const PROVENANCE = 'https://slsa.dev/provenance/v1';
/** How an image is built: parameters and materials as `imageStatement` gives them. */
const IMAGE_BUILD = 'urn:lockstep:image-build:1';

/** For what an image was built. */
export interface ImageBuildContext {
  readonly application: string;
  readonly promotionId: string;
  readonly commitId: string;
  readonly environment: Environment;
  readonly imagePipelineArn: string;
}

/**
 * What says where an image comes from: an in-toto statement with SLSA provenance. An AMI has no digest: its inventory's stands for it, which
 * has the components by theirs.
 * @see https://slsa.dev/spec/v1.0/provenance
 */
export const imageStatement = (inventory: Inventory, context: ImageBuildContext) => {
  const { imageId, imageBuildVersionArn, createdAt, recipe, parent } = inventory;
  const { application, promotionId, commitId, environment, imagePipelineArn } = context;
  return {
    _type: STATEMENT,
    subject: [{ name: imageId, digest: { sha256: inventoryDigest(inventory) } }],
    predicateType: PROVENANCE,
    predicate: {
      buildDefinition: {
        buildType: IMAGE_BUILD,
        externalParameters: { application, promotionId, commitId, environment },
        internalParameters: { imagePipelineArn },
        resolvedDependencies: [
          { name: 'recipe', uri: recipe.arn },
          { name: 'parent image', uri: parent?.imageId ?? recipe.parentImage },
        ],
      },
      runDetails: {
        builder: { id: imagePipelineArn },
        metadata: { invocationId: imageBuildVersionArn, ...(createdAt !== '' && { startedOn: createdAt }) },
      },
    },
  };
};

/** What a statement must be about. */
export interface ExpectedImage {
  readonly application: string;
  readonly imageId: string;
  /** SHA-256 of its inventory, as its promotion recorded it. */
  readonly inventory: string;
}

const within = (value: unknown, ...names: readonly string[]): unknown =>
  names.reduce<unknown>((part, name) => (isObject(part) ? part[name] : undefined), value);

/** Why a statement does not say of an image that its application built it; undefined if it does. */
export function imageStatementProblem(
  statement: unknown,
  { application, imageId, inventory }: ExpectedImage,
): string | undefined {
  const subjects = within(statement, 'subject');
  const isAbout =
    Array.isArray(subjects) &&
    subjects.some((one) => within(one, 'name') === imageId && within(one, 'digest', 'sha256') === inventory);
  const isProvenance =
    within(statement, '_type') === STATEMENT &&
    within(statement, 'predicateType') === PROVENANCE &&
    within(statement, 'predicate', 'buildDefinition', 'buildType') === IMAGE_BUILD;
  if (!isProvenance) return 'it does not say where an image comes from';
  if (!isAbout) return 'it is about another image, or about other contents';
  const built = within(statement, 'predicate', 'buildDefinition', 'externalParameters', 'application');
  return built === application ? undefined : `it was built for the application ${String(built)}`;
}
