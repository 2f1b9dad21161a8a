import type { FC } from 'hono/jsx';
import type { Person } from '../../tasks/ledger/items.ts';
import {
  type FoundInstance,
  LONGEST_SEARCH,
  type SearchResult,
  SHORTEST_SEARCH,
} from '../../tasks/promotions/search.ts';
import type { Whereabouts } from '../../tasks/promotions/whereabouts.ts';
import { environmentTitles, shortCommit } from '../../tasks/words.ts';
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
  /** Instances that were there when Lockstep looked last. */
  readonly instances: readonly FoundInstance[];
  /** Absent if the text is too short. */
  readonly result?: SearchResult & {
    /** Where those that are in progress are, by id. */
    readonly whereabouts: ReadonlyMap<string, Whereabouts>;
  };
}

/** The promotions that have what was searched for. */
export const SearchPage: FC<SearchPageProps> = ({ person, path, text, instances, result }) => (
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
        <>
          {instances.length === 0 ? null : <Instances instances={instances} />}
          <Result text={text} result={result} />
        </>
      )}
    </div>
  </Page>
);

const states: Readonly<Record<FoundInstance['state'], string>> = {
  serves: 'serves',
  starting: 'is starting',
  idle: 'takes no requests',
  leaving: 'is being removed',
};

const Instances: FC<{ instances: readonly FoundInstance[] }> = ({ instances }) => (
  <section aria-labelledby="instances">
    <h2 id="instances">Instances that run now</h2>
    <ul class="plain">
      {instances.map(({ instanceId, state, imageId, delivery, drift, application, environment, at }) => (
        <li data-instance={instanceId}>
          <code>{instanceId}</code> {states[state]} in {environmentTitles[environment]} of{' '}
          <a href="/live">{application}</a>
          {imageId === undefined ? null : (
            <>
              {' '}
              · image <code>{imageId}</code>
            </>
          )}
          {delivery === undefined ? null : (
            <>
              {' '}
              · {delivery.commitId === undefined ? 'a revision that no recent promotion deployed' : null}
              {delivery.commitId === undefined ? null : (
                <>
                  commit <code>{shortCommit(delivery.commitId)}</code>
                </>
              )}
              , deployment <code>{delivery.deploymentId}</code>
            </>
          )}
          {drift.length === 0 ? null : ' · drifted'}
          <span class="muted">
            {' '}
            · looked at on <Moment at={at} />
          </span>
        </li>
      ))}
    </ul>
  </section>
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
        . {next === undefined ? 'There are no older ones.' : 'Older ones have not been searched.'} Of
        instances that are gone, the ledger knows those that Verify Prod and QC’s request saw.
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
