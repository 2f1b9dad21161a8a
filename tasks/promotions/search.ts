import type { Approval, Promotion } from '../ledger/items.ts';
import type { Ledger } from '../ledger/ledger.ts';
import { questionOf } from '../lineage/question.ts';
import type { Environment } from '../payloads.ts';
import { environmentTitles, roleTitles } from '../words.ts';

/** Shortest text that is searched for: less is found everywhere. */
export const SHORTEST_SEARCH = 3;
/** Longest text that is searched for. */
export const LONGEST_SEARCH = 200;
/** Promotions, of all applications, that one search looks at; the next one goes on from there. */
export const SEARCHED_AT_ONCE = 100;

/** A promotion that was found. */
export interface FoundPromotion {
  readonly promotion: Promotion;
  /** What of it is what was searched for: `Prod image`, `author`. */
  readonly because: string;
}

/** What one search found, newest first, and how far it looked. */
export interface SearchResult {
  readonly found: readonly FoundPromotion[];
  /** How many promotions were looked at. */
  readonly searched: number;
  /** Start of the oldest of them, ISO 8601. Absent if there was none. */
  readonly oldest?: string;
  /** Hand back to search older ones; absent if there are none. */
  readonly next?: string;
}

/** An id of AWS, or the beginning of a commit: no name of a person. */
const isIdLike = (text: string): boolean => 'id' in questionOf(text);

const perEnvironment = (
  ids: Readonly<Partial<Record<Environment, string>>>,
  what: string,
): readonly (readonly [what: string, id: string])[] =>
  Object.entries(ids).map(([environment, id]) => [
    `${environmentTitles[environment as Environment]} ${what}`,
    id.toLowerCase(),
  ]);

/** What of a promotion begins with an id, or has somebody's name in it. @param text in lower case */
function matchIn(promotion: Promotion, text: string): string | undefined {
  const { promotionId, commitId, images, deployments, verifiedInstances = [], pushedBy } = promotion;
  const ids = [
    ['commit', commitId.toLowerCase()],
    ['promotion', promotionId.toLowerCase()],
    ...perEnvironment(images, 'image'),
    ...perEnvironment(deployments, 'deployment'),
    ...verifiedInstances.map((id) => ['Prod instance', id]),
  ] as const;
  const names = [
    ['author', `${promotion.commitAuthor} ${promotion.commitAuthorEmail}`],
    ['pusher', pushedBy],
  ] as const;
  return (
    ids.find(([, id]) => id?.startsWith(text))?.[0] ??
    names.find(([, name]) => name.toLowerCase().includes(text))?.[0]
  );
}

/** What of a promotion's requests has an instance of QAT, or somebody who decided. @param text in lower case */
function matchInApprovals(approvals: readonly Approval[], text: string): string | undefined {
  for (const { role, decisions, review } of approvals) {
    if (review.tests.some(({ instanceId }) => instanceId.startsWith(text))) return 'QAT instance';
    const decided = decisions.find(({ person, absence }) =>
      [person.name, person.verifiedEmail, absence?.absent.name ?? ''].some((name) =>
        name.toLowerCase().includes(text),
      ),
    );
    if (decided !== undefined)
      return `${decided.decision === 'approve' ? 'approved' : 'rejected'} as ${roleTitles[role]}`;
  }
  return undefined;
}

/** Whether requests can have it: they name people and QAT's instances, and are read for each promotion. */
const mayBeInApprovals = (text: string): boolean => !isIdLike(text) || text.startsWith('i-');

/**
 * Searches promotions of all applications, newest first, for a commit, an image, a deployment, an instance or a person. One call
 * looks at `SEARCHED_AT_ONCE` of them.
 * @param given at least `SHORTEST_SEARCH` characters; upper or lower case
 * @throws PageTokenError if `next` is none that a search before gave
 */
export async function searchPromotions(
  ledger: Pick<Ledger, 'promotions' | 'approvals'>,
  given: string,
  next?: string,
): Promise<SearchResult> {
  const text = given.trim().toLowerCase();
  const page = await ledger.promotions({ limit: SEARCHED_AT_ONCE, ...(next !== undefined && { next }) });
  const found = await Promise.all(
    page.items.map(async (promotion): Promise<readonly FoundPromotion[]> => {
      const because =
        matchIn(promotion, text) ??
        (mayBeInApprovals(text)
          ? matchInApprovals(await ledger.approvals(promotion.promotionId), text)
          : undefined);
      return because === undefined ? [] : [{ promotion, because }];
    }),
  );
  const oldest = page.items.at(-1)?.startedAt;
  return {
    found: found.flat(),
    searched: page.items.length,
    ...(oldest !== undefined && { oldest }),
    ...(page.next !== undefined && { next: page.next }),
  };
}
