import type { ConnectedProvider } from '../shared/connected-provider.ts';
import { type ActionContext, type Outcome, putArtifact, type RunAction } from './actions.ts';
import { overrideOf } from './source-actions.ts';

/** A branch of the provider was moved to a commit. */
export interface ConnectedPush {
  /** The same for the same push. */
  readonly id: string;
  readonly repository: string;
  readonly branch: string;
  readonly commitId: string;
  /** In ms. */
  readonly at: number;
}

/**
 * Source through a connection: the pinned commit, or the branch's head, as a zip archive.
 * @see https://docs.aws.amazon.com/codepipeline/latest/userguide/action-reference-CodestarConnectionSource.html
 */
export const runConnectionSource =
  (provider: ConnectedProvider): RunAction =>
  async (context: ActionContext): Promise<Outcome> => {
    const { host, record, update } = context;
    const {
      ConnectionArn = '',
      FullRepositoryId: repository = '',
      BranchName: branch = '',
    } = record().configuration;
    const principal = await context.principal();
    // The service was renamed, and its permissions with it: the ARN has the one that counts.
    host.authorize(principal, {
      action: `${ConnectionArn.split(':')[2]}:UseConnection`,
      resource: ConnectionArn,
    });
    const commitId =
      record().progress.commitId ??
      overrideOf(context, 'COMMIT_ID') ??
      (await provider.head(repository, branch));
    const commit = commitId === undefined ? undefined : await provider.commit(repository, commitId);
    if (commitId === undefined || commit === undefined)
      throw new Error(
        `The connection finds no commit ${commitId ?? `on the branch ${branch}`} in ${repository}.`,
      );
    // From here on it is this commit, also when the branch moves before a later process goes on.
    update({ progress: { ...record().progress, commitId } });
    const artifact = await putArtifact(context, principal, await provider.archive(repository, commitId));
    const { author, message } = commit;
    return {
      outputArtifacts: [artifact],
      outputVariables: {
        AuthorDate: new Date(author.seconds * 1000).toISOString(),
        AuthorDisplayName: author.name,
        AuthorEmail: author.email,
        BranchName: branch,
        CommitId: commitId,
        CommitMessage: message,
        ConnectionArn,
        FullRepositoryName: repository,
        ProviderType: 'GitHub',
      },
      revision: {
        artifact: artifact.name,
        id: commitId,
        summary: JSON.stringify({ ProviderType: 'GitHub', CommitMessage: message.slice(0, 1500) }),
      },
      externalExecutionId: commitId,
      summary: message.split('\n')[0] ?? '',
    };
  };
