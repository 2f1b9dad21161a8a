import { InvokeCommand, LambdaClient } from '@aws-sdk/client-lambda';

/**
 * Has the locks of an application advanced soon. Lambda queues the call and retries it, so the caller does not wait.
 * @param functionName `acquire-lock`
 */
export function createWakeLocks(functionName: string, client = new LambdaClient({})) {
  return async function createWakeLocks(): Promise<void> {
    await client.send(
      new InvokeCommand({ FunctionName: functionName, InvocationType: 'Event', Payload: '{}' }),
    );
  };
}
