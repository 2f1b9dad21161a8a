import type { FC } from 'hono/jsx';
import type { CandidateChange } from '../../tasks/approvals/candidate.ts';
import {
  deciderText,
  endingDecisions,
  missingApprovals,
  notBeforeText,
  progressText,
} from '../../tasks/approvals/decisions.ts';
import { asksAboutImage } from '../../tasks/approvals/image-approval.ts';
import { dotsIgnoredBy, isSamePerson } from '../../tasks/approvals/same-person.ts';
import { MOST_NOT_BEFORE_DAYS } from '../../tasks/calendar/calendar.ts';
import type { Approval } from '../../tasks/ledger/items.ts';
import type { ApproverRole } from '../../tasks/payloads.ts';
import { roleTitles, shortCommit, visibleText } from '../../tasks/words.ts';
import { duration } from '../format.ts';
import type { ApprovalPageProps } from './approval-props.ts';
import { GivenLines, GivenText } from './given-text.tsx';
import { Notice, signInAddress } from './layout.tsx';
import { Card, Fact, MOST_DECIDER, Moment } from './parts.tsx';

/** Longest comment, in characters. */
export const LONGEST_COMMENT = 1000;

/** What follows from an approval, by role. */
const consequences: Readonly<Record<ApproverRole, string>> = {
  qc: 'If you approve, PMO is asked next. Nothing reaches Prod until both have approved. If you reject, this promotion ends.',
  pmo: 'If you approve, Lockstep builds the Prod image and deploys this commit to Prod. If you reject, this promotion ends.',
};

/** What follows from an approval of a go-back, by role. */
const goBackConsequences: Readonly<Record<ApproverRole, string>> = {
  qc: 'If you approve, PMO is asked next. Nothing reaches Prod until both have approved. If you reject, Prod stays as it is.',
  pmo: 'If you approve, Lockstep deploys this earlier release to Prod again, with the image that it had. If you reject, Prod stays as it is.',
};

/** What follows from an approval of a Prod image, by role. */
const imageConsequences: Readonly<Record<ApproverRole, string>> = {
  qc: 'If you approve, PMO is asked about this image next. If you reject, this promotion ends, and Prod stays as it is.',
  pmo: 'If you approve, Prod gets this image and the deployment. If you reject, this promotion ends, and Prod stays as it is.',
};

const consequenceOf = (approval: Approval): string => {
  if (missingApprovals(approval) > 1)
    return 'Your approval alone does not end this request. If you reject, this promotion ends.';
  const texts = asksAboutImage(approval)
    ? imageConsequences
    : approval.review.goBack
      ? goBackConsequences
      : consequences;
  return texts[approval.role];
};

/** What has changed since the request was made. */
export const ChangedCandidate: FC<{ changes: readonly CandidateChange[] }> = ({ changes }) =>
  changes.length === 0 ? null : (
    <dl class="facts">
      {changes.map(({ what, before, now }) => (
        <Fact name={what}>
          <del>{before}</del> is now <ins>{now}</ins>
        </Fact>
      ))}
    </dl>
  );

/** The state of the request, and the form for those who may decide. */
export const DecisionCard: FC<ApprovalPageProps> = (props) => {
  const { approval, person, ruling, path } = props;
  const title = roleTitles[approval.role];
  if (approval.status === 'APPROVED' || approval.status === 'REJECTED') return <Decided {...props} />;
  // The request's state comes before the person's role.
  if (approval.status === 'EXPIRED' || approval.status === 'WITHDRAWN' || !isAsked(props)) {
    return <Over {...props} />;
  }
  if (ruling.kind === 'ok') return <Form {...props} />;
  if (approval.decisions.some((one) => isSamePerson(one.person, person, dotsIgnoredBy(approval))))
    return (
      <Notice kind="info" title={`You have approved as ${title}`}>
        <Needed {...props} />
      </Notice>
    );
  switch (ruling.reason) {
    case 'NotInRole':
      return (
        <Notice kind="info" title={`Only ${title} decides here`}>
          <div class="paragraph">
            You are signed in as <GivenText text={person.name} />, who is not in the group{' '}
            <code>{approval.role}</code>. You can read everything on this page.
          </div>
          <p>
            <a href={signInAddress(path)}>Sign in as somebody else</a>
          </p>
        </Notice>
      );
    case 'Absent':
      return (
        <Notice kind="info" title={`You are absent as ${title}`} reason={ruling.reason}>
          <p>
            <bdi>{visibleText(ruling.message)}</bdi>
          </p>
          <p>
            <a href="/absences">Absences</a>
          </p>
        </Notice>
      );
    case 'CandidateChanged':
      return (
        <Notice kind="warning" title="This request is out of date" reason={ruling.reason}>
          <p>{ruling.message} This request can no longer be decided.</p>
          <ChangedCandidate changes={ruling.changes ?? []} />
        </Notice>
      );
    case 'SignInTooOld':
      return (
        <Card id="decide" title={`Your decision as ${title}`} class="decide">
          <p>{consequenceOf(approval)}</p>
          <Needed {...props} />
          <p>
            You signed in more than {props.freshSignInMinutes} minutes ago. To confirm that it is you, sign in
            again before you decide.
          </p>
          <p>
            <a class="primary" href={signInAddress(path)}>
              Sign in again
            </a>
          </p>
        </Card>
      );
    default:
      return <Form {...props} />;
  }
};

const isAsked = ({ approval, promotion, now }: ApprovalPageProps): boolean =>
  promotion.status === 'RUNNING' && Date.parse(approval.expiresAt) > now;

/** The same record for everybody who looks at it. */
const Decided: FC<ApprovalPageProps> = ({ approval, person }) => (
  <Notice
    kind={approval.status === 'APPROVED' ? 'good' : 'warning'}
    title={`${approval.status === 'APPROVED' ? 'Approved' : 'Rejected'} as ${roleTitles[approval.role]}`}
  >
    {endingDecisions(approval).map((one) => (
      <>
        <div class="paragraph">
          By <GivenText text={deciderText(one)} most={MOST_DECIDER} />
          {one.person.subject === person.subject ? ' (you)' : ''}, <Moment at={one.at} />
          {notBeforeText(one)}.
        </div>
        {one.comment ? (
          <q class="comment">
            <GivenLines text={one.comment} />
          </q>
        ) : null}
      </>
    ))}
    <p>A decision is final.</p>
  </Notice>
);

/** What a request that several people must approve still needs; nothing if one person decides. */
const Needed: FC<ApprovalPageProps> = ({ approval }) => {
  const { count, role } = approval;
  if (count === 1) return null;
  const missing = missingApprovals(approval);
  return (
    <p id="needed">
      {count} different members of {roleTitles[role]} must approve.{' '}
      <strong>
        <bdi>{visibleText(progressText(approval))}</bdi>.
      </strong>{' '}
      {missing === 1 ? 'One more person' : `${missing} more people`} must approve. One rejection ends the
      promotion.
    </p>
  );
};

const Over: FC<ApprovalPageProps> = (props) => {
  const { approval, approvals } = props;
  const title = roleTitles[approval.role];
  const next = approvals.findLast(
    ({ role, attempt }) => role === approval.role && attempt > approval.attempt,
  );
  const hasExpired = approval.status !== 'WITHDRAWN' && Date.parse(approval.expiresAt) <= props.now;
  return (
    <Notice
      kind="warning"
      title={hasExpired ? 'This request has expired' : 'This request was withdrawn'}
      reason={hasExpired ? 'Expired' : 'Withdrawn'}
    >
      <p>
        {hasExpired ? (
          <>
            {title} had until <Moment at={approval.expiresAt} />. An operator can redrive the promotion;{' '}
            {title} is then asked again.
          </>
        ) : (
          (approval.withdrawnBecause ?? 'The promotion no longer waits for this decision.')
        )}
      </p>
      {approval.supersededBy ? (
        <p>
          <a href={`/promotions/${encodeURIComponent(approval.supersededBy.promotionId)}`}>
            Open the promotion that superseded it, of commit {shortCommit(approval.supersededBy.commitId)}
          </a>
        </p>
      ) : null}
      {next ? (
        <p>
          <a href={`/approvals/${encodeURIComponent(next.approvalId)}`}>Open the newer request</a>
        </p>
      ) : null}
    </Notice>
  );
};

const Form: FC<ApprovalPageProps> = (props) => {
  const { approval, ruling, now } = props;
  const title = roleTitles[approval.role];
  return (
    <Card id="decide" title={`Your decision as ${title}`} class="decide">
      <p>{consequenceOf(approval)}</p>
      <Needed {...props} />
      {ruling.kind === 'ok' && ruling.absence ? (
        <p id="for">
          You decide for <bdi>{visibleText(ruling.absence.absent.name)}</bdi>, who is absent until{' '}
          <Moment at={ruling.absence.until} />.
        </p>
      ) : null}
      {ruling.kind === 'denied' ? (
        <Notice kind="warning" title="Somebody else must decide here">
          <p>
            <bdi>{visibleText(ruling.message)}</bdi> If you send a decision, it will be denied and recorded.
          </p>
        </Notice>
      ) : null}
      <form method="post" action={`/approvals/${encodeURIComponent(approval.approvalId)}/decision`}>
        <input type="hidden" name="digest" value={approval.digest} />
        <label for="comment">
          Comment <span class="muted">(optional, stored with the decision)</span>
        </label>
        <textarea id="comment" name="comment" rows={3} maxlength={LONGEST_COMMENT}></textarea>
        {asksAboutImage(approval) ? null : (
          <details>
            <summary>Deploy later</summary>
            <label for="notBefore">
              Deploy to Prod not before{' '}
              <span class="muted">(optional, UTC; at most {MOST_NOT_BEFORE_DAYS} days ahead)</span>
            </label>
            <input id="notBefore" name="notBefore" type="datetime-local" />
          </details>
        )}
        <div class="buttons">
          <button class="primary" type="submit" name="decision" value="approve">
            Approve
          </button>
          <button class="danger" type="submit" name="decision" value="reject">
            Reject
          </button>
        </div>
      </form>
      <Undo {...props} />
      <p class="muted">
        Open until <Moment at={approval.expiresAt} /> ({duration(Date.parse(approval.expiresAt) - now)} left).
      </p>
    </Card>
  );
};

const Undo: FC<ApprovalPageProps> = ({ approval, live }) => (
  <details id="undo">
    <summary>How to undo it</summary>
    {approval.role === 'qc' ? (
      <p>
        Nothing in Prod changes until PMO has approved: PMO can reject, or an operator can stop the promotion.
      </p>
    ) : null}
    <p>
      The deployment to Prod starts a new fleet next to the live one. From the cut-over until the old fleet
      ends, an operator sends the traffic back to it on this promotion's page (“Send traffic back now”).
      Later, an operator goes back to an earlier release
      {live ? (
        <>
          {' '}
          (Prod runs <code>{shortCommit(live.commitId)}</code> now)
        </>
      ) : null}
      : nothing is built again, and approvers decide first.
    </p>
  </details>
);
