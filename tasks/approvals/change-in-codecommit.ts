import {
  BatchGetCommitsCommand,
  CodeCommitClient,
  type Difference,
  paginateGetDifferences,
} from '@aws-sdk/client-codecommit';
import type { ReviewSources } from './collect-review.ts';

/** Most commits that BatchGetCommits takes (its API reference). */
const BATCH = 100;

/** The commits and files of a change, from CodeCommit. */
export const createChange = (
  repositoryName: string,
  client = new CodeCommitClient({}),
): Pick<ReviewSources, 'commits' | 'differences'> => ({
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
    return found.slice(0, most);
  },
});
