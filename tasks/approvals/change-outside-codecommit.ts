import type { Commit } from '@aws-sdk/client-codecommit';
import type { Ledger } from '../ledger/ledger.ts';
import type { ReviewSources } from './collect-review.ts';
import type { KeptCommits } from './read-change.ts';

/** Promotions among which a revision's is looked for. */
const MOST_PROMOTIONS = 100;

/** A CodeCommit repository's name has no slash; `owner/name` and `bucket/key` have (see PromotedBranch). */
export const isInCodeCommit = (repositoryName: string): boolean => !repositoryName.includes('/');

/** Of revisions whose commits are not known, there is nothing to keep. */
export const nothingKept: KeptCommits = { load: async () => [], save: async () => undefined };

/**
 * What is known of a change whose repository is not in CodeCommit: the revision, and the message of its push. Its makers, the
 * commits before it and its files are not known; the configuration allows makers to decide.
 */
export const createChangeOutsideCodeCommit = (
  repositoryName: string,
  ledger: Pick<Ledger, 'promotions'>,
): Pick<ReviewSources, 'commits' | 'differences'> => ({
  commits: async (commitIds) => {
    const { items } = await ledger.promotions({ limit: MOST_PROMOTIONS });
    return commitIds.map((commitId): Commit => {
      const message = items.find((promotion) => promotion.commitId === commitId)?.commitMessage;
      return { commitId, parents: [], ...(message !== undefined && { message }) };
    });
  },
  differences: async () => {
    throw new Error(`look at ${repositoryName} itself`);
  },
});
