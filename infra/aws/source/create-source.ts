import type { IBucket } from 'aws-cdk-lib/aws-s3';
import type { Construct } from 'constructs';
import type { ApplicationConfig } from '../../config.ts';
import { codeCommitSource } from './codecommit-source.ts';
import { connectionSource } from './connection-source.ts';
import { objectSource } from './object-source.ts';
import type { Source } from './source.ts';

/**
 * Makes the source of an application, or refers to it.
 * @param accessLogs takes the log of requests to a bucket that is made
 */
export function createSource(scope: Construct, application: ApplicationConfig, accessLogs: IBucket): Source {
  const { source } = application;
  if (source.kind === 'connection') return connectionSource(scope, application, source);
  return source.kind === 's3'
    ? objectSource(scope, application, source, accessLogs)
    : codeCommitSource(scope, application);
}
