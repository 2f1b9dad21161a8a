import { readLockViews } from '../tasks/environment-locks/lock-view.ts';
import type { Person } from '../tasks/ledger/items.ts';
import { isAboutContents, questionOf } from '../tasks/lineage/question.ts';
import { trace } from '../tasks/lineage/trace.ts';
import { readLive, readReleases, readWhereabouts } from '../tasks/promotions/read-live.ts';
import { SHORTEST_SEARCH, searchPromotions } from '../tasks/promotions/search.ts';
import type { SiteDependencies } from './dependencies.ts';
import type { LivePageProps } from './views/live.tsx';
import type { ReleasesPageProps } from './views/releases.tsx';
import type { SearchPageProps } from './views/search.tsx';

type LiveDependencies = Pick<SiteDependencies, 'ledger' | 'applications' | 'now'>;

/** Releases of an application that are shown at most. */
const MOST_RELEASES = 30;

/** Reads what runs where. */
export const readLivePage = async (
  { ledger, applications, now }: LiveDependencies,
  person: Person,
): Promise<Omit<LivePageProps, 'path' | 'links'>> => ({
  person,
  now: now(),
  applications: await readLive(ledger, applications, new Date(now())),
});

/** Reads what the environments of an application ran. Undefined if none of that name is configured. */
export const readReleasesPage = async (
  { ledger, applications, now }: LiveDependencies,
  person: Person,
  application: string,
): Promise<Omit<ReleasesPageProps, 'path'> | undefined> =>
  applications.includes(application)
    ? {
        person,
        application,
        histories: await readReleases(ledger, application, MOST_RELEASES, new Date(now())),
      }
    : undefined;

/**
 * Reads where something is live, and searches promotions for it.
 * @throws PageTokenError if `next` is none that a search before gave
 */
export async function readSearchPage(
  dependencies: LiveDependencies & Pick<SiteDependencies, 'readImageDocument'>,
  person: Person,
  text: string,
  next: string | undefined,
): Promise<Omit<SearchPageProps, 'path'>> {
  if (text.length < SHORTEST_SEARCH) return { person, text };
  const { ledger, applications, now, readImageDocument } = dependencies;
  const question = questionOf(text);
  const sources = { ledger, applications, read: readImageDocument, now: new Date(now()) };
  const [lineage, result] = await Promise.all([
    next === undefined ? trace(sources, question) : undefined,
    isAboutContents(question) ? undefined : readResult(dependencies, text, next),
  ]);
  return { person, text, ...(lineage && { lineage }), ...(result && { result }) };
}

async function readResult(
  { ledger, now }: LiveDependencies,
  text: string,
  next: string | undefined,
): Promise<NonNullable<SearchPageProps['result']>> {
  const result = await searchPromotions(ledger, text, next);
  const found = result.found.map(({ promotion }) => promotion);
  const running = found.filter(({ status }) => status === 'RUNNING').map(({ application }) => application);
  const locks = await Promise.all(
    [...new Set(running)].map((one) => readLockViews(ledger, one, new Date(now()))),
  );
  return { ...result, whereabouts: await readWhereabouts(ledger, found, locks.flat()) };
}
