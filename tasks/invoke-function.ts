import { InvokeCommand, type LambdaClient } from '@aws-sdk/client-lambda';

/**
 * Calls a function and waits for what it returns.
 * @param before what the message of a failure begins with
 * @throws Error if the function failed
 */
export async function invokeFunction<Output>(
  client: LambdaClient,
  functionName: string,
  request: object,
  before = '',
): Promise<Output> {
  const { FunctionError, Payload } = await client.send(
    new InvokeCommand({ FunctionName: functionName, Payload: JSON.stringify(request) }),
  );
  const text = Payload?.transformToString() ?? '';
  if (FunctionError !== undefined)
    throw new Error(`${before}${functionName} failed: ${text}. Its log gives the reason.`);
  return JSON.parse(text) as Output;
}
