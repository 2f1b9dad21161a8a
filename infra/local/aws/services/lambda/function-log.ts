import { randomBytes } from 'node:crypto';
import { AwsError, type Host, type Principal } from '../../host.ts';
import type { FunctionRecord } from './functions.ts';

/** A log stream of one execution environment. */
export interface FunctionLog {
  readonly streamName: string;
  /** Puts lines into the log group under the function's role; what the role may not do is left undone, as on AWS. */
  readonly write: (
    lines: readonly { readonly timestamp: number; readonly message: string }[],
  ) => Promise<void>;
}

/** A new log stream. It is made with the first lines, and so is its log group if the role may make it. */
export const createFunctionLog = (host: Host, record: FunctionRecord, principal: Principal): FunctionLog => {
  const date = new Date(host.clock.now()).toISOString().slice(0, 10).replaceAll('-', '/');
  const streamName = `${date}/[$LATEST]${randomBytes(16).toString('hex')}`;
  const target = { logGroupName: record.logGroup, logStreamName: streamName };
  const call = (operation: string, input: object) => host.call(principal, 'logs', operation, input);

  const createStream = async () => {
    try {
      await call('CreateLogStream', target);
    } catch (error) {
      if (!(error instanceof AwsError) || error.name !== 'ResourceNotFoundException') throw error;
      await call('CreateLogGroup', { logGroupName: record.logGroup });
      await call('CreateLogStream', target);
    }
  };

  let stream: Promise<void> | undefined;
  let hasFailed = false;
  return {
    streamName,
    write: async (logEvents) => {
      if (hasFailed) return;
      try {
        stream ??= createStream();
        await stream;
        await call('PutLogEvents', { ...target, logEvents });
      } catch (error) {
        hasFailed = true;
        host.log('lambda', `The logs of ${record.name} are lost: ${(error as Error).message}`);
      }
    },
  };
};
