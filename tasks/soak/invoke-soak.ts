import { InvokeCommand, LambdaClient } from '@aws-sdk/client-lambda';
import { type SoakAnswer, type SoakRequest, soakFunctionName } from './soak-request.ts';

/** Asks about a promotion's soak, or asks for something in it. @throws Error if the function failed */
export type AskSoak = (application: string, request: SoakRequest) => Promise<SoakAnswer>;

/** Asks the application's function. */
export const createAskSoak =
  (client = new LambdaClient({})): AskSoak =>
  async (application, request) => {
    const { FunctionError, Payload } = await client.send(
      new InvokeCommand({ FunctionName: soakFunctionName(application), Payload: JSON.stringify(request) }),
    );
    const text = Payload?.transformToString() ?? '';
    if (FunctionError !== undefined)
      throw new Error(`${soakFunctionName(application)} failed: ${text}. Its log gives the reason.`);
    return JSON.parse(text) as SoakAnswer;
  };
