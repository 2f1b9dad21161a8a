import {
  CodeCommitClient,
  type Commit,
  CommitIdDoesNotExistException,
  GetCommitCommand,
} from '@aws-sdk/client-codecommit';

/** Reads commits of CodeCommit repositories; undefined for one that does not exist. */
export function createCommits(client = new CodeCommitClient({})) {
  return async function createCommits(repositoryName: string, commitId: string): Promise<Commit | undefined> {
    try {
      return (await client.send(new GetCommitCommand({ repositoryName, commitId }))).commit;
    } catch (error) {
      if (error instanceof CommitIdDoesNotExistException) return undefined;
      throw error;
    }
  };
}
