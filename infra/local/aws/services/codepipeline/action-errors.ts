import { AwsError } from '../../host.ts';
import type { ActionError } from './records.ts';

/** The error details of what an action met, with CodePipeline's codes. */
export const errorDetails = (error: unknown): ActionError => {
  if (!(error instanceof Error)) return { code: 'InternalError', message: String(error) };
  if (error.name.startsWith('AccessDenied')) return { code: 'PermissionError', message: error.message };
  return error instanceof AwsError
    ? { code: 'ConfigurationError', message: `${error.name}: ${error.message}` }
    : { code: 'JobFailed', message: error.message };
};
