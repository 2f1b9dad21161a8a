import { InvokeCommand, LambdaClient } from '@aws-sdk/client-lambda';

/**
 * Has the turns of an application settled soon. Lambda queues it and tries again if it fails, so whoever wakes does not wait.
 * @param functionName `acquire-lock`
 */
export function createWakeLocks(functionName: string, client = new LambdaClient({})) {
  return async function createWakeLocks(): Promise<void> {
    await client.send(
      new InvokeCommand({ FunctionName: functionName, InvocationType: 'Event', Payload: '{}' }),
    );
  };
}
