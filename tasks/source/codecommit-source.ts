import {
  BatchGetCommitsCommand,
  BranchDoesNotExistException,
  CodeCommitClient,
  type Difference,
  GetBranchCommand,
  paginateGetDifferences,
} from '@aws-sdk/client-codecommit';
import { ignoring } from '../ignoring.ts';
import { createCloudTrailPushes } from './cloudtrail-pushes.ts';
import type { ChangedFile, Source } from './source.ts';

/** Most commits that BatchGetCommits takes (its API reference). */
const BATCH = 100;

const fileOf = ({ changeType, beforeBlob, afterBlob }: Difference): ChangedFile => ({
  path: afterBlob?.path ?? beforeBlob?.path ?? '',
  change: changeType === 'A' ? 'added' : changeType === 'D' ? 'removed' : 'changed',
});

/** A CodeCommit repository. */
export const createCodeCommitSource = (
  repositoryName: string,
  branchName: string,
  client = new CodeCommitClient({}),
): Source => ({
  pushes: createCloudTrailPushes({ repositoryName, branchName }),
  head: async () => {
    const found = await client
      .send(new GetBranchCommand({ repositoryName, branchName }))
      .catch(ignoring(BranchDoesNotExistException));
    return found?.branch?.commitId;
  },
  commits: async (commitIds) => {
    const found = [];
    for (let from = 0; from < commitIds.length; from += BATCH) {
      const { commits = [] } = await client.send(
        new BatchGetCommitsCommand({ repositoryName, commitIds: commitIds.slice(from, from + BATCH) }),
      );
      found.push(...commits);
    }
    return found;
  },
  differences: async (before, after, most) => {
    const found: Difference[] = [];
    const pages = paginateGetDifferences(
      { client },
      {
        repositoryName,
        afterCommitSpecifier: after,
        ...(before === undefined ? {} : { beforeCommitSpecifier: before }),
      },
    );
    for await (const { differences = [] } of pages) {
      found.push(...differences);
      if (found.length >= most) break;
    }
    return found.slice(0, most).map(fileOf);
  },
});
