import { devNull } from 'node:os';
import type { AdjustableClock, Clock } from '../../clock.ts';
import type { Host, Principal } from '../../host.ts';
import type { FunctionRecord } from './functions.ts';

/**
 * The role's session that a function runs under; AWS names it after the function.
 * @throws AwsError if the role does not let Lambda in
 */
export const executionPrincipal = (host: Host, { role, arn, name }: FunctionRecord): Principal => {
  const principal = host.assumeRole(role, 'lambda.amazonaws.com', arn);
  return principal.kind === 'role' ? { ...principal, sessionName: name } : principal;
};

/**
 * A function's whole process environment: the template's variables, what Lambda sets, and nothing of the machine's but
 * the search path. The SDK clients find the emulator's endpoint and the role's credentials in it.
 */
export const processEnvironment = (
  host: Host,
  record: FunctionRecord,
  principal: Principal,
  { taskRoot, logStream }: { readonly taskRoot: string; readonly logStream: string },
): Record<string, string> => {
  const { accessKeyId, secretAccessKey, sessionToken } = host.credentialsFor(principal);
  return {
    LANG: 'en_US.UTF-8',
    PATH: process.env.PATH ?? '',
    TZ: ':UTC',
    // The machine's own AWS configuration must not reach the function.
    AWS_CONFIG_FILE: devNull,
    AWS_SHARED_CREDENTIALS_FILE: devNull,
    AWS_EC2_METADATA_DISABLED: 'true',
    AWS_ENDPOINT_URL: host.endpointUrl,
    // The local Node.js may be older than the runtime that the template asks for.
    AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED: 'true',
    ...record.environment,
    AWS_ACCESS_KEY_ID: accessKeyId,
    AWS_SECRET_ACCESS_KEY: secretAccessKey,
    AWS_SESSION_TOKEN: sessionToken,
    AWS_REGION: host.region,
    AWS_DEFAULT_REGION: host.region,
    AWS_EXECUTION_ENV: `AWS_Lambda_${record.runtime}`,
    AWS_LAMBDA_FUNCTION_MEMORY_SIZE: String(record.memorySize),
    AWS_LAMBDA_FUNCTION_NAME: record.name,
    AWS_LAMBDA_FUNCTION_VERSION: '$LATEST',
    AWS_LAMBDA_INITIALIZATION_TYPE: 'on-demand',
    AWS_LAMBDA_LOG_GROUP_NAME: record.logGroup,
    AWS_LAMBDA_LOG_STREAM_NAME: logStream,
    LAMBDA_TASK_ROOT: taskRoot,
    _HANDLER: record.handler,
  };
};

/** How far the emulator's clock is from the workers' own, in memory that they share: a Float64 of ms, kept current. */
export const sharedOffset = (clock: Clock & Partial<AdjustableClock>): SharedArrayBuffer => {
  const buffer = new SharedArrayBuffer(Float64Array.BYTES_PER_ELEMENT);
  const offset = new Float64Array(buffer);
  const measure = () => {
    offset[0] = clock.now() - Date.now();
  };
  measure();
  clock.onChange?.(measure);
  return buffer;
};
