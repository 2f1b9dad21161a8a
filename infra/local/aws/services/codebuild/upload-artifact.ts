import { createHash } from 'node:crypto';
import type { Host, Principal } from '../../host.ts';
import { artifactFiles, zipOf } from './artifact-files.ts';
import type { Buildspec } from './buildspec.ts';
import type { BuildRecord } from './records.ts';

/**
 * Puts what a build made where the project says, under the project's role.
 * @returns nothing if the project keeps nothing, or the buildspec names nothing
 * @throws NoArtifactsError, or the error of S3
 */
export async function uploadArtifact(
  host: Host,
  role: Principal,
  { id, project: { output, encryptionKey } }: BuildRecord,
  { artifacts }: Buildspec,
  source: string,
): Promise<BuildRecord['artifact']> {
  if (output === undefined || artifacts === undefined) return undefined;
  const zip = await zipOf(artifactFiles(source, artifacts));
  const buildId = output.isBelowBuildId ? (id.split(':')[1] ?? '') : '';
  const key = [output.path, buildId, output.name].filter((part) => part !== '').join('/');
  await host.call(role, 's3', 'PutObject', {
    Bucket: output.bucket,
    Key: key,
    Body: new Uint8Array(zip),
    ContentType: 'application/zip',
    ...(encryptionKey !== undefined && { ServerSideEncryption: 'aws:kms', SSEKMSKeyId: encryptionKey }),
  });
  const digest = (algorithm: string) => createHash(algorithm).update(zip).digest('hex');
  return { bucket: output.bucket, key, sha256: digest('sha256'), md5: digest('md5') };
}
