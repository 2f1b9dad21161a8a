import type { FC } from 'hono/jsx';
import type { ChangedCommit, GoBackReview, Maker, Review } from '../../tasks/approvals/review.ts';
import { commitTitle, reasonsText, shortCommit, visibleAddress, visibleText } from '../../tasks/words.ts';
import { nameOfArn } from '../format.ts';
import type { ApprovalPageProps } from './approval-props.ts';
import { FoldedList } from './folded-list.tsx';
import { GivenLines, GivenText } from './given-text.tsx';
import { Releases } from './go-back.tsx';
import { Notice } from './layout.tsx';
import { ContainsBad } from './marks.tsx';
import { Card, ConsoleLink, Fact } from './parts.tsx';
import { SecretScanNotice } from './secret-scan-notice.tsx';

/** Characters of a commit's subject that are shown at once. */
const LONGEST_SUBJECT = 120;

/** What changes compared with what is live in Prod: commits with their authors, and files. */
export const ChangeCard: FC<ApprovalPageProps> = (props) => {
  const { approval, promotion, live, links } = props;
  const { review, candidate } = approval;
  return (
    <Card id="change" title="What changes in Prod">
      <dl class="facts">
        <Fact name="Application">
          <bdi>{candidate.application}</bdi>
        </Fact>
        <Fact name="Commit">
          <code class="long">{candidate.commitId}</code> on <GivenText text={candidate.branch} />
        </Fact>
        <Fact name="Author">
          <GivenText text={promotion.commitAuthor || 'unknown'} />
          {promotion.commitAuthorEmail ? (
            <span class="muted">
              {' '}
              <GivenText text={visibleAddress(promotion.commitAuthorEmail)} />
            </span>
          ) : null}
        </Fact>
        <Fact name={review.goBack ? 'Asked by' : 'Pushed by'} title={candidate.pushedBy}>
          <GivenText text={nameOfArn(candidate.pushedBy)} />
        </Fact>
        <Fact name="In Prod now">
          {live ? (
            <>
              <a href={`/promotions/${encodeURIComponent(live.promotionId)}`}>
                <code>{shortCommit(live.commitId)}</code> <bdi>{commitTitle(live)}</bdi>
              </a>
              {live.commitId === promotion.commitId ? <span class="muted"> (the same commit)</span> : null}
            </>
          ) : (
            'nothing yet: everything is new'
          )}
        </Fact>
        <Fact name="Difference">
          <Difference {...props} />
        </Fact>
      </dl>
      {review.bad ? <ContainsBad commits={review.bad} shown={review.commits} /> : null}
      {review.secretScan ? <SecretScanNotice scan={review.secretScan} /> : null}
      {review.goBack ? <GoBackFacts goBack={review.goBack} /> : null}
      {live?.promotionId === review.live?.promotionId || approval.status !== 'PENDING' ? null : (
        <Notice kind="warning" title="Prod has changed since this request">
          <p>The commits and files below are compared with what Prod ran then.</p>
        </Notice>
      )}
      <h3>
        {review.goBack
          ? 'Who may not decide'
          : `${review.makers.length} ${review.makers.length === 1 ? 'maker' : 'makers'}`}
      </h3>
      <p class="muted">
        {review.goBack
          ? 'Who asked. Makers may decide: what Prod gets was made and approved before.'
          : 'Names in commits are claimed by those who made them. IAM names the pushers.'}
      </p>
      <FoldedList items={review.makers} name="makers" list="makers">
        {(maker) => <MakerRow maker={maker} />}
      </FoldedList>
      <h3>
        {review.commitCount} {review.commitCount === 1 ? 'commit' : 'commits'}
        {review.goBack ? ' that Prod loses' : ''}
        {review.commits.length < review.commitCount ? `; ${review.commits.length} are listed` : ''}
      </h3>
      <FoldedList items={review.commits} name="commits" list="commits">
        {(commit) => <CommitRow commit={commit} href={links.commit(promotion, commit.commitId)} />}
      </FoldedList>
      <h3>{fileSummary(review)}</h3>
      <FoldedList items={review.files} name="files" list="files">
        {({ path, change }) => (
          <li>
            <span class={`change is-${change}`}>{change}</span>{' '}
            <code class="long">
              <bdi>{visibleText(path)}</bdi>
            </code>
          </li>
        )}
      </FoldedList>
      {review.gaps.length > 0 ? (
        <Notice kind="warning" title="Some information is missing">
          <ul>
            {review.gaps.map((gap) => (
              <li>
                <GivenLines text={gap} />
              </li>
            ))}
          </ul>
        </Notice>
      ) : null}
    </Card>
  );
};

/** What a go-back undoes, and why. */
const GoBackFacts: FC<{ goBack: GoBackReview }> = ({ goBack: { to, undone, reason, prodImageId } }) => (
  <Notice kind="warning" title="This goes back to an earlier release">
    <dl class="facts">
      <Fact name="Reason">
        <GivenText text={reason} />
      </Fact>
      <Fact name="Release">
        <a href={`/promotions/${encodeURIComponent(to.promotionId)}`}>
          <code>{shortCommit(to.commitId)}</code> <bdi>{commitTitle(to)}</bdi>
        </a>
      </Fact>
      <Fact name="Prod image">{prodImageId}, as it was then</Fact>
      <Fact name="Undoes">
        <Releases releases={undone} />
      </Fact>
    </dl>
  </Notice>
);

const Difference: FC<ApprovalPageProps> = ({ approval, promotion, links }) => {
  const before = approval.review.live?.commitId;
  const { commitId } = approval.candidate;
  if (before === undefined) {
    return <ConsoleLink href={links.commit(promotion, commitId)} text="The whole application" />;
  }
  const href = links.diff(promotion, before);
  return href ? (
    <a href={href} rel="noreferrer">
      Every changed line, in CodeCommit
    </a>
  ) : (
    <code class="long">
      git diff {shortCommit(before)} {shortCommit(commitId)}
    </code>
  );
};

/** A maker with why: what commits claim is shown as claimed, with hidden and imitating characters visible. */
const MakerRow: FC<{ maker: Maker }> = ({ maker: { name, address, arn, person, because } }) => (
  <li>
    <strong>
      <GivenText text={name || 'No name'} />
    </strong>{' '}
    {arn === undefined ? (
      <GivenText text={visibleAddress(address)} />
    ) : (
      <code class="long">{visibleText(arn)}</code>
    )}
    <div class="muted">
      {arn === undefined && because.some(({ role }) => role !== 'asker') ? 'Claimed as ' : ''}
      {reasonsText(because)}
      {person === undefined ? null : (
        <>
          ; is <bdi>{person}</bdi> by the configuration
        </>
      )}
    </div>
  </li>
);

/** A commit with its whole message, as text. */
const CommitRow: FC<{ commit: ChangedCommit; href: string | undefined }> = ({ commit, href }) => {
  const [first = '', ...rest] = commit.message.split('\n');
  const more = rest.join('\n').trim();
  const isSame = commit.author === commit.committer && commit.authorEmail === commit.committerEmail;
  return (
    <li>
      <strong>
        <GivenText text={first || 'No message'} most={LONGEST_SUBJECT} />
      </strong>
      <div class="muted">
        <ConsoleLink href={href} text={shortCommit(commit.commitId)} /> by{' '}
        <GivenText text={commit.author || 'unknown'} />
        {isSame ? null : (
          <>
            , committed by <GivenText text={commit.committer || 'unknown'} />
          </>
        )}
      </div>
      {more ? (
        <p class="message">
          <GivenLines text={more} />
        </p>
      ) : null}
    </li>
  );
};

const fileSummary = ({ fileCount: { added, changed, removed }, files }: Review): string => {
  const all = added + changed + removed;
  const parts = [
    ...(changed > 0 ? [`${changed} changed`] : []),
    ...(added > 0 ? [`${added} added`] : []),
    ...(removed > 0 ? [`${removed} removed`] : []),
  ];
  const shown = files.length < all ? `; the first ${files.length} are listed` : '';
  return all === 0
    ? 'No file differs'
    : `${all} ${all === 1 ? 'file' : 'files'}: ${parts.join(', ')}${shown}`;
};
