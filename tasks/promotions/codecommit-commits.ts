import {
  CodeCommitClient,
  type Commit,
  CommitIdDoesNotExistException,
  GetCommitCommand,
} from '@aws-sdk/client-codecommit';
import { ignoring } from '../ignoring.ts';

/** Reads commits of CodeCommit repositories; undefined for one that does not exist. */
export function createCommits(client = new CodeCommitClient({})) {
  return async function createCommits(repositoryName: string, commitId: string): Promise<Commit | undefined> {
    const found = await client
      .send(new GetCommitCommand({ repositoryName, commitId }))
      .catch(ignoring(CommitIdDoesNotExistException));
    return found?.commit;
  };
}
