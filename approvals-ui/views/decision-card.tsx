import type { FC } from 'hono/jsx';
import type { CandidateChange } from '../../tasks/approvals/candidate.ts';
import type { ApproverRole } from '../../tasks/payloads.ts';
import { roleTitles } from '../../tasks/words.ts';
import { duration, shortCommit } from '../format.ts';
import type { ApprovalPageProps } from './approval.tsx';
import { Notice, signInAddress } from './layout.tsx';
import { Moment } from './parts.tsx';

/** Longest comment, in characters. */
export const LONGEST_COMMENT = 1000;

/** What follows from an approval, by role. */
const consequences: Readonly<Record<ApproverRole, string>> = {
  qc: 'If you approve, PMO is asked next; nothing reaches Prod before both have approved. If you refuse, this promotion ends.',
  pmo: 'If you approve, the Prod image is built and this commit is deployed to Prod. If you refuse, this promotion ends.',
};

/** What is not as it was when the request was made. */
export const ChangedCandidate: FC<{ changes: readonly CandidateChange[] }> = ({ changes }) =>
  changes.length === 0 ? null : (
    <dl class="facts">
      {changes.map(({ what, before, now }) => (
        <>
          <dt>{what}</dt>
          <dd>
            <del>{before}</del> is now <ins>{now}</ins>
          </dd>
        </>
      ))}
    </dl>
  );

/** How the request stands, and the form for whoever may decide. */
export const DecisionCard: FC<ApprovalPageProps> = (props) => {
  const { approval, person, ruling, path } = props;
  const title = roleTitles[approval.role];
  if (approval.status === 'APPROVED' || approval.status === 'REJECTED') return <Decided {...props} />;
  // How the request stands comes before who looks at it.
  if (approval.status === 'EXPIRED' || approval.status === 'WITHDRAWN' || !isAsked(props)) {
    return <Over {...props} />;
  }
  if (ruling.kind === 'ok') return <Form {...props} />;
  switch (ruling.reason) {
    case 'NotInRole':
      return (
        <Notice kind="info" title={`${title} decides here`}>
          <p>
            You are signed in as <bdi>{person.name}</bdi>, who is not in the group{' '}
            <code>{approval.role}</code>. You can read everything on this page.
          </p>
          <p>
            <a href={signInAddress(path)}>Sign in as somebody else</a>
          </p>
        </Notice>
      );
    case 'CandidateChanged':
      return (
        <Notice kind="warning" title="This request is out of date" reason={ruling.reason}>
          <p>{ruling.message} Nobody can decide about this one.</p>
          <ChangedCandidate changes={ruling.changes ?? []} />
        </Notice>
      );
    case 'SignInTooOld':
      return (
        <section class="card decide" aria-labelledby="decide-title">
          <h2 id="decide-title">Your decision as {title}</h2>
          <p>{consequences[approval.role]}</p>
          <p>
            You signed in more than {props.freshSignInMinutes} minutes ago. Sign in again to decide: it makes
            sure that it is you.
          </p>
          <p>
            <a class="primary" href={signInAddress(path)}>
              Sign in again
            </a>
          </p>
        </section>
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
    <p>
      By <bdi>{approval.decidedBy?.name ?? 'somebody'}</bdi>
      {approval.decidedBy?.subject === person.subject ? ' (you)' : ''}
      {approval.decidedAt ? (
        <>
          , <Moment at={approval.decidedAt} />
        </>
      ) : null}
      . A decision is final.
    </p>
    {approval.comment ? <q class="comment">{approval.comment}</q> : null}
  </Notice>
);

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
          (approval.withdrawnBecause ?? 'The promotion does not wait for this decision any more.')
        )}
      </p>
      {approval.supersededBy ? (
        <p>
          <a href={`/promotions/${encodeURIComponent(approval.supersededBy.promotionId)}`}>
            Open the promotion of {shortCommit(approval.supersededBy.commitId)}, which took its place
          </a>
        </p>
      ) : null}
      {next ? (
        <p>
          <a href={`/approvals/${encodeURIComponent(next.approvalId)}`}>
            Open the request that came after it
          </a>
        </p>
      ) : null}
    </Notice>
  );
};

const Form: FC<ApprovalPageProps> = (props) => {
  const { approval, ruling, now } = props;
  const title = roleTitles[approval.role];
  return (
    <section class="card decide" aria-labelledby="decide-title">
      <h2 id="decide-title">Your decision as {title}</h2>
      <p>{consequences[approval.role]}</p>
      {ruling.kind === 'denied' ? (
        <Notice kind="warning" title="Somebody else must decide here">
          <p>{ruling.message} A decision that you send will be refused and recorded.</p>
        </Notice>
      ) : null}
      <form method="post" action={`/approvals/${encodeURIComponent(approval.approvalId)}/decision`}>
        <input type="hidden" name="digest" value={approval.digest} />
        <label for="comment">
          Comment <span class="muted">(optional, kept with the decision)</span>
        </label>
        <textarea id="comment" name="comment" rows={3} maxlength={LONGEST_COMMENT}></textarea>
        <div class="buttons">
          <button class="primary" type="submit" name="decision" value="approve">
            Approve
          </button>
          <button class="danger" type="submit" name="decision" value="reject">
            Refuse
          </button>
        </div>
      </form>
      <Undo {...props} />
      <p class="muted">
        Open until <Moment at={approval.expiresAt} /> ({duration(Date.parse(approval.expiresAt) - now)} left).
      </p>
    </section>
  );
};

const Undo: FC<ApprovalPageProps> = ({ approval, live }) => (
  <details id="undo">
    <summary>How it would be undone</summary>
    {approval.role === 'qc' ? (
      <p>
        Until PMO has approved, nothing in Prod changes: PMO can refuse, or an operator can stop the
        promotion.
      </p>
    ) : null}
    <p>
      Prod is deployed beside what runs there. While both fleets exist, stopping the deployment in CodeDeploy
      with a rollback sends visitors back at once. Later, push a commit that reverts this one
      {live ? (
        <>
          {' '}
          (Prod has <code>{shortCommit(live.commitId)}</code> now)
        </>
      ) : null}
      : it is promoted in the same way.
    </p>
  </details>
);
