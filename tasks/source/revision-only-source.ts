import type { Ledger } from '../ledger/ledger.ts';
import type { Source, SourceCommit } from './source.ts';

/** Promotions among which a revision's is looked for. */
const MOST_PROMOTIONS = 100;

/** A CodeCommit repository's name has no slash; `owner/name` and `bucket/key` have (see PromotedBranch). */
export const isInCodeCommit = (repositoryName: string): boolean => !repositoryName.includes('/');

/**
 * What is known of a change whose repository is not in CodeCommit: the revision, and the message of its push. Its makers, the
 * commits before it and its files are not known; the configuration allows makers to decide.
 */
export const createRevisionOnlySource = (
  repositoryName: string,
  ledger: Pick<Ledger, 'promotions'>,
): Pick<Source, 'commits' | 'differences' | 'pushes'> => ({
  commits: async (commitIds) => {
    const { items } = await ledger.promotions({ limit: MOST_PROMOTIONS });
    return commitIds.map((commitId): SourceCommit => {
      const message = items.find((promotion) => promotion.commitId === commitId)?.commitMessage;
      return { commitId, parents: [], ...(message !== undefined && { message }) };
    });
  },
  differences: async () => {
    throw new Error(`look at ${repositoryName} itself`);
  },
});
