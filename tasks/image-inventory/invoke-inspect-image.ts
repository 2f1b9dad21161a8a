import { LambdaClient } from '@aws-sdk/client-lambda';
import { invokeFunction } from '../invoke-function.ts';
import type { SignBuild } from '../jobs/code-build.ts';
import type { InspectImage } from '../jobs/image-build.ts';

/** Has a function inspect an image, and waits for it. */
export const createInspectImage =
  (functionName: string, client = new LambdaClient({})): InspectImage =>
  (request) =>
    invokeFunction(
      client,
      functionName,
      request,
      `The image ${request.imageId} could not be inspected, and is tried again every five minutes: `,
    );

/** Has the same function sign where an archive comes from, and waits for it. */
export const createSignBuild =
  (functionName: string, client = new LambdaClient({})): SignBuild =>
  (request) =>
    invokeFunction(
      client,
      functionName,
      request,
      `Where the archive of the build ${request.buildId} comes from could not be signed, and is tried again every five minutes: `,
    );
