import { InvokeCommand, LambdaClient } from '@aws-sdk/client-lambda';
import type { InspectImageOutput, InspectImageRequest } from '../payloads.ts';

/** Has a function inspect an image, and waits for it. @throws Error if it failed */
export const createInspectImage =
  (functionName: string, client = new LambdaClient({})) =>
  async (request: InspectImageRequest): Promise<InspectImageOutput> => {
    const { FunctionError, Payload } = await client.send(
      new InvokeCommand({ FunctionName: functionName, Payload: JSON.stringify(request) }),
    );
    const text = Payload?.transformToString() ?? '';
    if (FunctionError !== undefined)
      throw new Error(
        `The image ${request.imageId} could not be inspected: ${functionName} failed: ${text}. Its log gives the reason; it is tried again every five minutes.`,
      );
    return JSON.parse(text) as InspectImageOutput;
  };
