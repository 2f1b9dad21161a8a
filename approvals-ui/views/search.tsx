import type { FC } from 'hono/jsx';
import type { Person } from '../../tasks/ledger/items.ts';
import type { Lineage } from '../../tasks/lineage/lineage.ts';
import { LONGEST_SEARCH, type SearchResult, SHORTEST_SEARCH } from '../../tasks/promotions/search.ts';
import type { Whereabouts } from '../../tasks/promotions/whereabouts.ts';
import { Page } from './layout.tsx';
import { isGuess, LineageSection } from './lineage.tsx';
import { Empty, PromotionRow } from './list-parts.tsx';
import { Moment } from './parts.tsx';

/** The field that asks where something is live, and searches promotions. */
export const SearchForm: FC<{ text?: string }> = ({ text = '' }) => (
  <search>
    <form class="search" method="get" action="/search">
      <label class="unseen" for="q">
        Commit, image, deployment, instance, package, vulnerability or person
      </label>
      <input
        type="search"
        id="q"
        name="q"
        value={text}
        maxlength={LONGEST_SEARCH}
        placeholder="Commit, ami-…, openssl 3.2.2, CVE-…, person"
      />
      <button class="quiet" type="submit">
        Search
      </button>
    </form>
  </search>
);

/** What a search found. */
export interface SearchPageProps {
  readonly person: Person;
  readonly path: string;
  readonly text: string;
  /** Where it is live. Absent if the text is too short, and where a search goes on. */
  readonly lineage?: Lineage;
  /** Absent if the text is too short, or only images can have it. */
  readonly result?: SearchResult & {
    /** Where those that are in progress are, by id. */
    readonly whereabouts: ReadonlyMap<string, Whereabouts>;
  };
}

/** Where something is live, and the promotions that have it. */
export const SearchPage: FC<SearchPageProps> = ({ person, path, text, lineage, result }) => {
  // Who looks for somebody sees their promotions first.
  const [before, after] = lineage && isGuess(lineage) ? [undefined, lineage] : [lineage, undefined];
  return (
    <Page title="Search" person={person} here={path} section="promotions">
      <div class="narrow">
        <h1>Search</h1>
        <SearchForm text={text} />
        {lineage === undefined && result === undefined ? (
          <Empty title="What are you looking for?">
            <p>
              Give at least {SHORTEST_SEARCH} characters: the beginning of a commit, or the id of a promotion,
              image, deployment or instance, or a part of the name of somebody who wrote, pushed or decided.
              Or a package, as <code>openssl</code> or <code>openssl 3.2.2</code>, or a vulnerability, as{' '}
              <code>CVE-2026-1234</code>: it is told where they are live.
            </p>
          </Empty>
        ) : (
          <>
            {before ? <LineageSection lineage={before} /> : null}
            {result === undefined ? null : (
              <Result text={text} result={result} isAll={before === undefined} />
            )}
            {after ? <LineageSection lineage={after} /> : null}
          </>
        )}
      </div>
    </Page>
  );
};

const Result: FC<{
  text: string;
  result: NonNullable<SearchPageProps['result']>;
  /** Whether the page begins with it. */
  isAll: boolean;
}> = ({ text, result, isAll }) => {
  const { found, whereabouts, searched, oldest, next } = result;
  return (
    <section aria-labelledby="promotions">
      <h2 id="promotions">Promotions</h2>
      <p class="muted searched" role="status">
        {found.length} found among {searched === 1 ? 'one promotion' : `${searched} promotions`}
        {oldest === undefined ? null : (
          <>
            , back to <Moment at={oldest} />
          </>
        )}
        . {next === undefined ? 'There are no older ones.' : 'Older ones have not been searched.'} Of
        instances that are gone, the ledger knows those that Verify Prod and QC’s request saw.
      </p>
      {found.length === 0 && isAll ? (
        <Empty title="Nothing found here">
          <p>{next === undefined ? 'No promotion has it.' : 'Go on with older promotions.'}</p>
        </Empty>
      ) : (
        <ol class="rows">
          {found.map(({ promotion, because }) => (
            <PromotionRow promotion={promotion} whereabouts={whereabouts.get(promotion.promotionId)}>
              <p class="muted">
                Found by: {because} · started <Moment at={promotion.startedAt} />
              </p>
            </PromotionRow>
          ))}
        </ol>
      )}
      {next === undefined ? null : (
        <nav class="pager" aria-label="Pages">
          <a href={`/search?q=${encodeURIComponent(text)}&next=${encodeURIComponent(next)}`} rel="next">
            Search older promotions
          </a>
        </nav>
      )}
    </section>
  );
};
