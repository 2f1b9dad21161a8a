import { LambdaClient } from '@aws-sdk/client-lambda';
import { invokeFunction } from '../invoke-function.ts';
import { type SoakAnswer, type SoakRequest, soakFunctionName } from './soak-request.ts';

/** Asks about a promotion's soak, or asks for something in it. @throws Error if the function failed */
export type AskSoak = (application: string, request: SoakRequest) => Promise<SoakAnswer>;

/** Asks the application's function. */
export const createAskSoak =
  (client = new LambdaClient({})): AskSoak =>
  (application, request) =>
    invokeFunction(client, soakFunctionName(application), request);
