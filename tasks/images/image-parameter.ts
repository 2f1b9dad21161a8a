import type { CdkCustomResourceEvent, CdkCustomResourceResponse } from 'aws-lambda';

/** SSM parameters that hold an image's id. */
export interface ImageParameterStore {
  /** Adds the parameter; AWS validates the image afterwards. Leaves one that exists as it is. */
  readonly add: (name: string, imageId: string) => Promise<void>;
  readonly read: (name: string) => Promise<string | undefined>;
  /** Deleting what does not exist succeeds. */
  readonly remove: (name: string) => Promise<void>;
}

/** The parameter did not appear: AWS did not accept the image. */
class ImageParameterNotCreatedError extends Error {
  override readonly name = 'ImageParameterNotCreated';
}

/** The resource lacks a property. */
class ImageParameterPropertyError extends Error {
  override readonly name = 'ImageParameterProperty';
}

/** Pauses between looks for the new parameter, in milliseconds: a minute in all. Validation takes seconds (T53). */
const PAUSES = Array.from({ length: 24 }, (_, look) => Math.min(100 * 2 ** look, 3000));

/**
 * The life of the parameter that a launch template resolves. It is made once, with a base image, and an update never
 * touches it: from then on promotions write it (T11).
 * @throws ImageParameterNotCreatedError, ImageParameterPropertyError
 */
export function imageParameter(parameters: ImageParameterStore, pause: (ms: number) => Promise<void>) {
  return async function imageParameter(
    event: Pick<CdkCustomResourceEvent, 'RequestType' | 'ResourceProperties'>,
  ): Promise<CdkCustomResourceResponse> {
    const name = property(event, 'ParameterName');
    if (event.RequestType === 'Delete') await parameters.remove(name);
    else await ensure(parameters, pause, name, property(event, 'InitialImageId'));
    // A new name is a new resource: CloudFormation deletes the old one afterwards.
    return { PhysicalResourceId: name };
  };
}

async function ensure(
  parameters: ImageParameterStore,
  pause: (ms: number) => Promise<void>,
  name: string,
  imageId: string,
): Promise<void> {
  if ((await parameters.read(name)) !== undefined) return;
  await parameters.add(name, imageId);
  for (const ms of PAUSES) {
    if ((await parameters.read(name)) !== undefined) return;
    await pause(ms);
  }
  throw new ImageParameterNotCreatedError(
    `The parameter ${name} does not exist a minute after it was written with ${imageId}: AWS did not accept the image. Check that it exists in this region, and that the function may do ec2:DescribeImages.`,
  );
}

function property(event: Pick<CdkCustomResourceEvent, 'ResourceProperties'>, key: string): string {
  const value: unknown = event.ResourceProperties[key];
  if (typeof value === 'string' && value !== '') return value;
  throw new ImageParameterPropertyError(
    `The property ${key} is ${JSON.stringify(value)}; give it a text that is not empty.`,
  );
}
