import { type ActionContext, type Outcome, putArtifact, type RunAction } from './actions.ts';

interface CommitAnswer {
  readonly commit?: {
    readonly message?: string;
    readonly author?: { readonly date?: string };
    readonly committer?: { readonly date?: string };
  };
}

/** The revision that StartPipelineExecution asked for, if it did (T21). */
export const overrideOf = ({ execution, action }: ActionContext, type: string): string | undefined =>
  execution.overrides.find((one) => one.actionName === action.name && one.revisionType === type)
    ?.revisionValue;

/** Git's `1484167798 -0800` as ISO 8601. */
const gitTime = (date: string | undefined): string =>
  new Date(Number((date ?? '0').split(' ')[0]) * 1000).toISOString();

/** Source from CodeCommit: the pinned commit, or the branch's head, as a zip archive. */
export const runCodeCommitSource: RunAction = async (context): Promise<Outcome> => {
  const { host, record, update } = context;
  const { RepositoryName: repositoryName = '', BranchName: branchName = '' } = record().configuration;
  const principal = await context.principal();
  const commitId = record().progress.commitId ?? overrideOf(context, 'COMMIT_ID') ?? (await headOf());
  async function headOf() {
    const { branch } = await host.call<{ branch?: { commitId?: string } }>(
      principal,
      'codecommit',
      'GetBranch',
      {
        repositoryName,
        branchName,
      },
    );
    return branch?.commitId ?? '';
  }
  // From here on it is this commit, also when the branch moves before a later process goes on.
  update({ progress: { ...record().progress, commitId } });
  const { commit } = await host.call<CommitAnswer>(principal, 'codecommit', 'GetCommit', {
    repositoryName,
    commitId,
  });
  const { archive } = await host.call<{ archive: Uint8Array }>(principal, 'codecommit', 'UploadArchive', {
    repositoryName,
    commitId,
  });
  const artifact = await putArtifact(context, principal, archive);
  const message = (commit?.message ?? '').trim();
  return {
    outputArtifacts: [artifact],
    outputVariables: {
      AuthorDate: gitTime(commit?.author?.date),
      BranchName: branchName,
      CommitId: commitId,
      CommitMessage: message,
      CommitterDate: gitTime(commit?.committer?.date),
      RepositoryName: repositoryName,
    },
    revision: {
      artifact: artifact.name,
      id: commitId,
      summary: message.slice(0, 2048),
      url: `https://${host.region}.console.aws.amazon.com/codesuite/codecommit/repositories/${repositoryName}/commit/${commitId}`,
      createdAt: Date.parse(gitTime(commit?.committer?.date)),
    },
    externalExecutionId: commitId,
    summary: message.split('\n')[0] ?? '',
  };
};

/** Source from S3: one object of a bucket with versions. */
export const runS3Source: RunAction = async (context): Promise<Outcome> => {
  const { host, record } = context;
  const { S3Bucket: bucket = '', S3ObjectKey: configuredKey = '' } = record().configuration;
  const key = overrideOf(context, 'S3_OBJECT_KEY') ?? configuredKey;
  const principal = await context.principal();
  const { Status } = await host.call<{ Status?: string }>(principal, 's3', 'GetBucketVersioning', {
    Bucket: bucket,
  });
  if (Status !== 'Enabled')
    throw new Error(`The bucket ${bucket} must have versioning enabled to be a pipeline's source.`);
  const wanted = overrideOf(context, 'S3_OBJECT_VERSION_ID');
  const object = await host.call<{
    Body: Uint8Array;
    VersionId?: string;
    ETag?: string;
    LastModified?: Date;
  }>(principal, 's3', 'GetObject', {
    Bucket: bucket,
    Key: key,
    ...(wanted !== undefined && { VersionId: wanted }),
  });
  const artifact = await putArtifact(context, principal, object.Body);
  const revisionId = object.VersionId ?? '';
  return {
    outputArtifacts: [artifact],
    outputVariables: {
      BucketName: bucket,
      ETag: (object.ETag ?? '').replaceAll('"', ''),
      ObjectKey: key,
      VersionId: revisionId,
    },
    revision: {
      artifact: artifact.name,
      id: revisionId,
      summary: `Amazon S3 version id: ${revisionId}`,
      ...(object.LastModified && { createdAt: object.LastModified.getTime() }),
    },
    externalExecutionId: revisionId,
  };
};
