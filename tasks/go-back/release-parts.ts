import { HeadObjectCommand, S3Client } from '@aws-sdk/client-s3';
import type { FunctionEnvironment } from '../functions.ts';
import type { BuiltRevision } from '../payloads.ts';
import { createCodeCommitSource } from '../source/codecommit-source.ts';
import { createConnectedSource } from '../source/connected-source.ts';
import { isInCodeCommit } from '../source/revision-only-source.ts';
import type { Source } from '../source/source.ts';

/** Reads a commit in its repository. */
export const commitReader =
  (commits: Source['commits']) =>
  async (commitId: string): Promise<void> => {
    const [commit] = await commits([commitId]);
    if (commit?.commitId !== commitId) throw new Error('the repository does not have it');
  };

/** Looks at a version of the object `bucket/key`. */
export const objectReader =
  (repositoryName: string, client: Pick<S3Client, 'send'>) =>
  async (VersionId: string): Promise<void> => {
    const slash = repositoryName.indexOf('/');
    const [Bucket, Key] = [repositoryName.slice(0, slash), repositoryName.slice(slash + 1)];
    await client.send(new HeadObjectCommand({ Bucket, Key, VersionId }));
  };

/** Looks at what a commit was built into. */
export const builtReader =
  (client: Pick<S3Client, 'send'>) =>
  async ({ bucket: Bucket, key: Key, version: VersionId }: BuiltRevision): Promise<void> => {
    await client.send(new HeadObjectCommand({ Bucket, Key, VersionId }));
  };

/** Nobody but the pipeline can read the repository: its source action fails if the revision is gone. */
const notReadHere = async (): Promise<void> => undefined;

/** Reads a revision where the application's revisions come from. */
export function revisionReader(
  env: Omit<FunctionEnvironment<'check-release'>, 'LEDGER_TABLE' | 'DEPLOYS'>,
): (commitId: string) => Promise<void> {
  if (env.REVISION_TYPE === 'S3_OBJECT_VERSION_ID')
    return objectReader(env.REPOSITORY_NAME, new S3Client({}));
  const source = isInCodeCommit(env.REPOSITORY_NAME)
    ? createCodeCommitSource(env.REPOSITORY_NAME, env.BRANCH)
    : createConnectedSource(env);
  return source === undefined ? notReadHere : commitReader(source.commits);
}
