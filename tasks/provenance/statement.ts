import { type Inventory, inventoryDigest } from '../image-inventory/inventory.ts';
import { isObject } from '../json.ts';
import type { Environment } from '../payloads.ts';

/** Statements of this type say where their subjects come from. */
export const STATEMENT = 'https://in-toto.io/Statement/v1';
export const PROVENANCE = 'https://slsa.dev/provenance/v1';
/** How an image is built: parameters and materials as `imageStatement` gives them. */
const IMAGE_BUILD = 'urn:lockstep:image-build:1';
/** How a commit is built: parameters and materials as `buildStatement` gives them. */
export const REVISION_BUILD = 'urn:lockstep:revision-build:1';

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

const within = (value: unknown, ...names: readonly string[]): unknown =>
  names.reduce<unknown>((part, name) => (isObject(part) ? part[name] : undefined), value);

/** The name of what a statement is about, as it says itself. */
export const subjectOf = (statement: unknown): string | undefined => {
  const subjects = within(statement, 'subject');
  const name = Array.isArray(subjects) ? within(subjects[0], 'name') : undefined;
  return typeof name === 'string' ? name : undefined;
};

/** What a statement must say. */
export interface ExpectedStatement {
  readonly buildType: typeof IMAGE_BUILD | typeof REVISION_BUILD;
  /** Name of its subject. */
  readonly subject: string;
  /** The subject's digest. */
  readonly sha256: string;
  readonly application: string;
  /** @default any: an image that is used again was built for an earlier one */
  readonly commitId?: string;
}

/** The statement that an image must have. @param inventory SHA-256 of its inventory, as its promotion recorded it */
export const expectedOfImage = (
  application: string,
  imageId: string,
  inventory: string,
): ExpectedStatement => ({ buildType: IMAGE_BUILD, subject: imageId, sha256: inventory, application });

/** Why a statement does not say of a subject that its application built it; undefined if it does. */
export function statementProblem(
  statement: unknown,
  { buildType, subject, sha256, application, commitId }: ExpectedStatement,
): string | undefined {
  const isProvenance =
    within(statement, '_type') === STATEMENT &&
    within(statement, 'predicateType') === PROVENANCE &&
    within(statement, 'predicate', 'buildDefinition', 'buildType') === buildType;
  if (!isProvenance)
    return `it does not say where an ${buildType === IMAGE_BUILD ? 'image' : 'archive'} comes from`;
  const subjects = within(statement, 'subject');
  const isAbout =
    Array.isArray(subjects) &&
    subjects.some((one) => within(one, 'name') === subject && within(one, 'digest', 'sha256') === sha256);
  if (!isAbout)
    return `it is about another ${buildType === IMAGE_BUILD ? 'image' : 'archive'}, or about other contents`;
  const parameter = (name: string) =>
    within(statement, 'predicate', 'buildDefinition', 'externalParameters', name);
  if (parameter('application') !== application)
    return `it was built for the application ${String(parameter('application'))}`;
  return commitId === undefined || parameter('commitId') === commitId
    ? undefined
    : `it was built of the commit ${String(parameter('commitId'))}`;
}
