import type { Build } from '@aws-sdk/client-codebuild';
import type { BuiltRevision } from '../payloads.ts';

/** What a build wrote, by CodeBuild's word. */
export type BuiltArchive = Pick<BuiltRevision, 'bucket' | 'key' | 'sha256'>;

/** The archive that a build made, at `arn:aws:s3:::<bucket>/<key>`; undefined if it made none. */
export function builtArchive({ artifacts }: Pick<Build, 'artifacts'>): BuiltArchive | undefined {
  const { location = '', sha256sum: sha256 = '' } = artifacts ?? {};
  const [, bucket, key] = /^arn:[^:]+:s3:::([^/]+)\/(.+)$/.exec(location) ?? [];
  return bucket === undefined || key === undefined || sha256 === '' ? undefined : { bucket, key, sha256 };
}
