import fs from 'node:fs';
import { gzipSync } from 'node:zlib';
import { AwsError, type Host, type Principal } from '../../host.ts';
import type { BuildRecord, Project } from './records.ts';

/** Log lines that are sent to CloudWatch Logs, from the end. */
const LOG_LINES = 1_000;

/** The log goes where the project says; that it cannot does not change how the build ended. */
export const sendLog = async (host: Host, role: Principal, { id, project }: BuildRecord, file: string) => {
  await sendToS3(host, role, id, project, file);
  if (project.logGroup === undefined) return;
  const logStreamName = id.split(':')[1] ?? id;
  const lines = fs.readFileSync(file, 'utf8').split('\n').filter(Boolean).slice(-LOG_LINES);
  try {
    await host.call(role, 'logs', 'CreateLogStream', { logGroupName: project.logGroup, logStreamName });
  } catch (error) {
    if (!(error instanceof AwsError && error.name === 'ResourceAlreadyExistsException')) {
      host.log('codebuild', (error as Error).message);
      return;
    }
  }
  if (lines.length === 0) return;
  await host
    .call(role, 'logs', 'PutLogEvents', {
      logGroupName: project.logGroup,
      logStreamName,
      logEvents: lines.map((message) => ({ message, timestamp: host.clock.now() })),
    })
    .catch((error: unknown) => host.log('codebuild', (error as Error).message));
};

/** CodeBuild packs a log, and names it after the build. */
const sendToS3 = async (
  host: Host,
  role: Principal,
  id: string,
  { s3Logs, encryptionKey }: Project,
  file: string,
) => {
  if (s3Logs === undefined) return;
  const [bucket = '', ...prefix] = s3Logs.split('/');
  await host
    .call(role, 's3', 'PutObject', {
      Bucket: bucket,
      Key: [...prefix, `${id.split(':')[1] ?? id}.gz`].join('/'),
      Body: new Uint8Array(gzipSync(fs.readFileSync(file))),
      ...(encryptionKey !== undefined && { ServerSideEncryption: 'aws:kms', SSEKMSKeyId: encryptionKey }),
    })
    .catch((error: unknown) => host.log('codebuild', (error as Error).message));
};
