import type { FC } from 'hono/jsx';
import type { ReviewedRelease } from '../../tasks/approvals/review.ts';
import type { Person, Promotion } from '../../tasks/ledger/items.ts';
import { commitTitle, shortCommit } from '../../tasks/words.ts';
import { nameOfArn } from '../format.ts';
import { GivenText, WholeTitle } from './given-text.tsx';
import { Notice, Page } from './layout.tsx';
import { Card, ChangeLine } from './parts.tsx';
import { ReasonForm } from './reason-form.tsx';

/** What the page that asks for a reason shows. */
export interface GoBackPageProps {
  /** The release. */
  readonly promotion: Promotion;
  readonly person: Person;
  /** Path of the promotion's page. */
  readonly path: string;
  /** The releases that are undone, newest first. */
  readonly undone: readonly ReviewedRelease[];
  /** Why Prod cannot go back to it. */
  readonly notPossible?: string;
  /** What was wrong with what was just sent. */
  readonly problem?: string;
}

/** Names releases, each with a link to its promotion. */
export const Releases: FC<{ releases: readonly ReviewedRelease[] }> = ({ releases }) => (
  <ul class="releases">
    {releases.map((release) => (
      <li>
        <a href={`/promotions/${encodeURIComponent(release.promotionId)}`}>
          <code>{shortCommit(release.commitId)}</code> <bdi>{commitTitle(release)}</bdi>
        </a>
      </li>
    ))}
  </ul>
);

/** What a go-back promotes again, for whom and why. */
export const GoesBack: FC<{ promotion: Promotion }> = ({ promotion: { goBack, pushedBy } }) =>
  goBack === undefined ? null : (
    <Notice kind="info" title="Goes back to an earlier release">
      <div class="paragraph">
        <GivenText text={nameOfArn(pushedBy)} /> asked for it: <GivenText text={goBack.reason} />.{' '}
        <a href={`/promotions/${encodeURIComponent(goBack.to)}`}>The promotion that made the release</a>,{' '}
        <a href={`/promotions/${encodeURIComponent(goBack.from)}`}>what Prod ran then</a>.
      </div>
    </Notice>
  );

/** Asks an operator for the reason to go back to a release. */
export const GoBackPage: FC<GoBackPageProps> = (props) => {
  const { promotion, person, path, undone, notPossible, problem } = props;
  const why = problem ?? notPossible;
  return (
    <Page
      title={`Go back: ${commitTitle(promotion)}`}
      person={person}
      here={`${path}/go-back`}
      section="promotions"
    >
      <div class="narrow">
        <p class="crumb">
          <a href={path}>Promotion</a> · Go back
        </p>
        <h1>Go back to this release?</h1>
        <ChangeLine promotion={promotion} />
        {why === undefined ? null : (
          <Notice kind="bad" title="Nothing was started" reason="NoGoBack">
            <p>{why}</p>
          </Notice>
        )}
        <WholeTitle promotion={promotion} id="whole-title" />
        {notPossible === undefined ? (
          <Card id="go-back" title={commitTitle(promotion)}>
            <p>
              Prod gets this commit again, with the image that it had then. Nothing is built, and QAT is not
              used. Approvers are asked first; you may not be one of them. What was pushed before now and is
              not in Prod yet ends as Stale.
            </p>
            <h3>This undoes</h3>
            <Releases releases={undone} />
            <ReasonForm
              action={`${path}/go-back`}
              known="shown to approvers"
              button="Go back to this release"
              back={{ text: 'Do not go back', path }}
            />
          </Card>
        ) : null}
      </div>
    </Page>
  );
};
