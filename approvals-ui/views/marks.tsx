import type { FC } from 'hono/jsx';
import type { OperatorRuling } from '../../tasks/approvals/operator-rules.ts';
import type { ChangedCommit, ContainedBad } from '../../tasks/approvals/review.ts';
import type { Person, Promotion } from '../../tasks/ledger/items.ts';
import type { Marking } from '../../tasks/marks/bad-mark.ts';
import type { UnmarkRuling } from '../../tasks/marks/mark-rules.ts';
import type { Environment } from '../../tasks/payloads.ts';
import { askerName, commitTitle, environmentTitles, listed, shortCommit } from '../../tasks/words.ts';
import { nameOfArn } from '../format.ts';
import { GivenText, WholeTitle } from './given-text.tsx';
import { Notice, Page, signInAddress } from './layout.tsx';
import { Card, ChangeLine, Moment, StatusChip } from './parts.tsx';
import { ReasonForm } from './reason-form.tsx';

/** Characters of a reason that a notice shows at once. */
const MOST_REASON = 200;

/** How a promotion's commit is marked, and what the person may do about it. */
export interface PromotionMark {
  /** How it is marked, if it is bad. */
  readonly bad?: Marking;
  /** How it was marked last, if it is no longer bad. */
  readonly before?: Marking;
  /** The environments that run a bad commit. */
  readonly runIn: readonly Environment[];
  /** Whether the person may mark commits now. */
  readonly may: OperatorRuling;
  /** Whether the person may unmark this one. */
  readonly unmark: UnmarkRuling;
}

/** A sign beside a commit that is marked bad. */
export const BadChip: FC<{ bad: Marking | undefined }> = ({ bad }) =>
  bad === undefined ? null : <StatusChip status="failed" text="Bad" />;

/** Who marked the commit, when and why. */
const Marked: FC<{ marking: Omit<Marking, 'unmarked'> }> = ({ marking: { by, at, reason, goBack } }) => (
  <>
    <GivenText text={nameOfArn(askerName(by))} />{' '}
    {goBack === undefined ? (
      'marked it'
    ) : (
      <>
        <a href={`/promotions/${encodeURIComponent(goBack)}`}>went back</a> from it
      </>
    )}
    {' on '}
    <Moment at={at} />: <GivenText text={reason} most={MOST_REASON} />
  </>
);

/** Says that the promotion's commit is bad, where it runs, and how it is unmarked; or who unmarked it. */
export const MarkNotice: FC<{ promotion: Promotion; mark: PromotionMark }> = ({ promotion, mark }) => {
  const { bad, before, runIn } = mark;
  if (bad === undefined) return before?.unmarked === undefined ? null : <Unmarked before={before} />;
  return (
    <Notice kind="bad" title="This commit is marked bad" reason="Bad">
      <div class="paragraph">
        <Marked marking={bad} />
      </div>
      <p>
        {runIn.length === 0
          ? `Neither QAT nor Prod of ${promotion.application} runs it.`
          : `${listed(runIn.map((environment) => environmentTitles[environment]))} of ${promotion.application} ${runIn.length === 1 ? 'runs' : 'run'} it.`}{' '}
        No promotion of this commit is started, redriven or gone back to, and one under way ends before it
        changes the next environment. Approvers of a later commit that contains it are warned.
      </p>
      {runIn.includes('prod') ? (
        <p>
          Operators take it out of Prod by going back to one of the{' '}
          <a href={`/releases/${encodeURIComponent(promotion.application)}`}>earlier releases</a>.
        </p>
      ) : null}
      <Unmark promotion={promotion} mark={mark} />
    </Notice>
  );
};

const Unmarked: FC<{ before: Marking }> = ({ before }) =>
  before.unmarked === undefined ? null : (
    <Notice kind="info" title="This commit is no longer marked bad">
      <div class="paragraph">
        <Marked marking={before} />
      </div>
      <div class="paragraph">
        <GivenText text={nameOfArn(askerName(before.unmarked.by))} /> unmarked it on{' '}
        <Moment at={before.unmarked.at} />: <GivenText text={before.unmarked.reason} most={MOST_REASON} />
      </div>
    </Notice>
  );

const Unmark: FC<{ promotion: Promotion; mark: PromotionMark }> = ({ promotion, mark: { may, unmark } }) => {
  if (may.kind === 'denied' && may.reason === 'NotInRole')
    return <p class="muted">Another operator or approver can unmark it.</p>;
  if (unmark.kind === 'denied')
    return (
      <p class="muted">
        <bdi>{unmark.message}</bdi>
      </p>
    );
  const path = `/promotions/${encodeURIComponent(promotion.promotionId)}/unmark-bad`;
  return (
    <p>
      <a href={may.kind === 'ok' ? path : signInAddress(path)}>
        {may.kind === 'ok' ? 'Unmark this commit…' : 'Sign in again to unmark this commit'}
      </a>
    </p>
  );
};

/** Where operators and approvers mark a commit bad. */
export const MarkLink: FC<{ promotion: Promotion; mark: PromotionMark }> = ({
  promotion,
  mark: { bad, may },
}) => {
  if (bad !== undefined || (may.kind === 'denied' && may.reason === 'NotInRole')) return null;
  const path = `/promotions/${encodeURIComponent(promotion.promotionId)}/mark-bad`;
  return (
    <p class="stop">
      <a class="danger" href={may.kind === 'ok' ? path : signInAddress(path)}>
        {may.kind === 'ok' ? 'Mark this commit bad…' : 'Sign in again to mark this commit bad'}
      </a>
    </p>
  );
};

const Subject: FC<{ commit: ChangedCommit | undefined }> = ({ commit }) =>
  commit === undefined ? null : (
    <>
      {' '}
      <bdi>{commitTitle({ commitId: commit.commitId, commitMessage: commit.message })}</bdi>
    </>
  );

/** Warns approvers of bad commits in a change. */
export const ContainsBad: FC<{
  commits: readonly ContainedBad[];
  /** The change's commits, as far as they are listed. */
  shown: readonly ChangedCommit[];
}> = ({ commits, shown }) => (
  <Notice kind="warning" title="This change contains bad commits" reason="ContainsBad">
    <p>Approve it only if it also fixes what was wrong.</p>
    <ul>
      {commits.map(({ commitId, ...marking }) => (
        <li>
          <code>{shortCommit(commitId)}</code>
          <Subject commit={shown.find((one) => one.commitId === commitId)} />: <Marked marking={marking} />
        </li>
      ))}
    </ul>
  </Notice>
);

/** What the page that asks for a reason shows. */
interface MarkPageProps {
  readonly what: 'mark' | 'unmark';
  readonly promotion: Promotion;
  readonly person: Person;
  /** Path of the promotion's page. */
  readonly path: string;
  readonly bad: Marking | undefined;
  /** Why nothing was changed, or cannot be. */
  readonly problem: string | undefined;
  readonly isPossible: boolean;
}

const texts = {
  mark: {
    title: 'Mark bad',
    question: 'Mark this commit bad?',
    action: 'mark-bad',
    button: 'Mark this commit bad',
    back: 'Do not mark it',
    known: 'shown to approvers and developers',
  },
  unmark: {
    title: 'Unmark',
    question: 'Unmark this commit?',
    action: 'unmark-bad',
    button: 'Unmark this commit',
    back: 'Leave it marked',
    known: 'shown on its promotions',
  },
} as const;

/** Asks an operator or approver for the reason to mark a commit bad, or to unmark it. */
export const MarkPage: FC<MarkPageProps> = (props) => {
  const { what, promotion, person, path, bad, problem, isPossible } = props;
  const { title, question, action, button, back, known } = texts[what];
  return (
    <Page
      title={`${title}: ${commitTitle(promotion)}`}
      person={person}
      here={`${path}/${action}`}
      section="promotions"
    >
      <div class="narrow">
        <p class="crumb">
          <a href={path}>Promotion</a> · {title}
        </p>
        <h1>{question}</h1>
        <ChangeLine promotion={promotion} />
        {problem === undefined ? null : (
          <Notice kind="bad" title="Nothing was changed" reason="NotMarked">
            <p>
              <bdi>{problem}</bdi>
            </p>
          </Notice>
        )}
        <WholeTitle promotion={promotion} id="whole-title" />
        {isPossible ? (
          <Card id={action} title={commitTitle(promotion)}>
            {bad === undefined ? null : (
              <div class="paragraph">
                <Marked marking={bad} />
              </div>
            )}
            <p>
              {what === 'mark'
                ? 'From then on no promotion of this commit is started, redriven or gone back to. One under way ends as Recalled before it changes the next environment, and open requests are withdrawn; a deployment that runs is not cut. What runs already stays: go back to an earlier release for that. Later commits that contain it go on, and their approvers are warned.'
                : 'It can be promoted again: push it, or go back to a release of it. Promotions that ended as Recalled stay ended.'}
            </p>
            {what === 'mark' ? <p>Another operator or approver must unmark it; you cannot.</p> : null}
            <ReasonForm
              action={`${path}/${action}`}
              known={known}
              button={button}
              back={{ text: back, path }}
            />
          </Card>
        ) : null}
      </div>
    </Page>
  );
};
