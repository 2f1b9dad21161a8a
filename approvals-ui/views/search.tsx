import type { FC } from 'hono/jsx';
import type { Person } from '../../tasks/ledger/items.ts';
import { LONGEST_SEARCH, type SearchResult, SHORTEST_SEARCH } from '../../tasks/promotions/search.ts';
import type { Whereabouts } from '../../tasks/promotions/whereabouts.ts';
import { Page } from './layout.tsx';
import { Empty, PromotionRow } from './list-parts.tsx';
import { Moment } from './parts.tsx';

/** The field that searches promotions. */
export const SearchForm: FC<{ text?: string }> = ({ text = '' }) => (
  <search>
    <form class="search" method="get" action="/search">
      <label class="unseen" for="q">
        Commit, image, deployment, instance or person
      </label>
      <input
        type="search"
        id="q"
        name="q"
        value={text}
        maxlength={LONGEST_SEARCH}
        placeholder="Commit, ami-…, d-…, i-…, person"
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
  /** Absent if the text is too short. */
  readonly result?: SearchResult & {
    /** Where those that are in progress are, by id. */
    readonly whereabouts: ReadonlyMap<string, Whereabouts>;
  };
}

/** The promotions that have what was searched for. */
export const SearchPage: FC<SearchPageProps> = ({ person, path, text, result }) => (
  <Page title="Search" person={person} here={path} section="promotions">
    <div class="narrow">
      <h1>Search promotions</h1>
      <SearchForm text={text} />
      {result === undefined ? (
        <Empty title="What are you looking for?">
          <p>
            Give at least {SHORTEST_SEARCH} characters: the beginning of a commit, or the id of a promotion,
            image, deployment or instance, or a part of the name of somebody who wrote, pushed or decided.
          </p>
        </Empty>
      ) : (
        <Result text={text} result={result} />
      )}
    </div>
  </Page>
);

const Result: FC<{ text: string; result: NonNullable<SearchPageProps['result']> }> = ({ text, result }) => {
  const { found, whereabouts, searched, oldest, next } = result;
  return (
    <>
      <p class="muted searched" role="status">
        {found.length} found among {searched === 1 ? 'one promotion' : `${searched} promotions`}
        {oldest === undefined ? null : (
          <>
            , back to <Moment at={oldest} />
          </>
        )}
        . {next === undefined ? 'There are no older ones.' : 'Older ones have not been searched.'} The ledger
        knows the instances that Verify Prod and QC’s request saw, not those that started later.
      </p>
      {found.length === 0 ? (
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
    </>
  );
};
