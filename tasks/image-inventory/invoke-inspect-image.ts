import { LambdaClient } from '@aws-sdk/client-lambda';
import { invokeFunction } from '../invoke-function.ts';
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
