import type { FC } from 'hono/jsx';
import { type Ruling, roleTitles } from '../../tasks/approvals/rules.ts';
import type { Approval, Job, Person, Promotion, RefusalReason } from '../../tasks/ledger/items.ts';
import type { ApproverRole } from '../../tasks/payloads.ts';
import type { ConsoleLinks } from '../console-links.ts';
import { duration, nameOfArn, shortCommit } from '../format.ts';
import { GraphDrawing } from '../graph/drawing.tsx';
import type { PromotionGraph } from '../graph/steps.ts';
import { Notice, Page, signInAddress } from './layout.tsx';
import { ConsoleLink, commitTitle, DecisionList, isOpen, Moment, StatusChip } from './parts.tsx';

/** Everything that one approval's page shows. */
export interface ApprovalPageProps {
  readonly person: Person;
  readonly path: string;
  readonly now: number;
  readonly approval: Approval;
  readonly promotion: Promotion;
  /** All approvals of the promotion. */
  readonly approvals: readonly Approval[];
  readonly jobs: readonly Job[];
  /** What is in Prod now. */
  readonly live: Promotion | undefined;
  /** Undefined if Step Functions has forgotten the execution. */
  readonly graph: PromotionGraph | undefined;
  readonly links: ConsoleLinks;
  /** What the rules say about this person and this request. */
  readonly ruling: Ruling;
  /** Why the decision that was just sent does not count. */
  readonly refusal?: { readonly reason: RefusalReason; readonly message: string };
}

/** Longest comment, in characters. */
export const LONGEST_COMMENT = 1000;

/** What follows from an approval, by role. */
const consequences: Readonly<Record<ApproverRole, string>> = {
  qc: 'If you approve, PMO is asked next; nothing reaches Prod before both have approved. If you refuse, this promotion ends.',
  pmo: 'If you approve, the Prod image is built and this commit is deployed to Prod. If you refuse, this promotion ends.',
};

/** One approval: what is asked, on what grounds, and the decision. */
export const ApprovalPage: FC<ApprovalPageProps> = (props) => {
  const { approval, promotion, person, path, refusal, graph } = props;
  const title = roleTitles[approval.role];
  return (
    <Page
      title={`${title} approval: ${commitTitle(promotion)}`}
      person={person}
      here={path}
      section="approvals"
    >
      <p class="crumb">
        <a href={`/promotions/${encodeURIComponent(promotion.promotionId)}`}>Promotion</a> · {approval.state}
      </p>
      <div class="title-row">
        <h1>{commitTitle(promotion)}</h1>
        <ApprovalChip {...props} />
      </div>
      {refusal ? (
        <Notice kind="bad" title="Your decision was not accepted" reason={refusal.reason}>
          <p>{refusal.message}</p>
        </Notice>
      ) : null}
      <div class="columns">
        <div class="column">
          <Change {...props} />
          <Qat {...props} />
          <section class="card" aria-labelledby="decisions-title">
            <h2 id="decisions-title">Decisions so far</h2>
            <DecisionList
              approvals={props.approvals}
              promotion={promotion}
              now={props.now}
              shown={approval.approvalId}
            />
          </section>
        </div>
        <div class="column">
          <DecisionCard {...props} />
          {graph ? (
            <section class="card" aria-labelledby="graph-title">
              <h2 id="graph-title">Where it stands</h2>
              <div class="graph-frame">
                <GraphDrawing
                  promotion={graph}
                  label={`Graph of the promotion. It waits at ${approval.state}.`}
                />
              </div>
            </section>
          ) : null}
        </div>
      </div>
    </Page>
  );
};

const ApprovalChip: FC<ApprovalPageProps> = ({ approval, promotion, now }) => {
  const title = roleTitles[approval.role];
  if (approval.status === 'APPROVED') return <StatusChip status="done" text={`${title} approved`} />;
  if (approval.status === 'REFUSED') return <StatusChip status="stopped" text={`${title} refused`} />;
  return isOpen(approval, promotion, now) ? (
    <StatusChip status="waiting" text={`${title} decides`} />
  ) : (
    <StatusChip status="idle" text="No longer open" />
  );
};

const Change: FC<ApprovalPageProps> = ({ approval, promotion, live }) => (
  <section class="card" aria-labelledby="change-title">
    <h2 id="change-title">The change</h2>
    {promotion.commitMessage.trim().includes('\n') ? <p class="message">{promotion.commitMessage}</p> : null}
    <dl class="facts">
      <dt>Application</dt>
      <dd>
        <bdi>{approval.subject.application}</bdi>
      </dd>
      <dt>Commit</dt>
      <dd>
        <code class="long">{approval.subject.commitId}</code> on <bdi>{approval.subject.branch}</bdi>
      </dd>
      <dt>Author</dt>
      <dd>
        <bdi>{promotion.commitAuthor || 'not known'}</bdi>
        {promotion.commitAuthorEmail ? <span class="muted"> {promotion.commitAuthorEmail}</span> : null}
      </dd>
      <dt>Pushed by</dt>
      <dd title={approval.subject.pushedBy}>
        <bdi>{nameOfArn(approval.subject.pushedBy)}</bdi>
      </dd>
      <dt>In Prod now</dt>
      <dd>
        {live ? (
          <>
            <a href={`/promotions/${encodeURIComponent(live.promotionId)}`}>
              <code>{shortCommit(live.commitId)}</code> {commitTitle(live)}
            </a>
            {live.commitId === promotion.commitId ? <span class="muted"> (the same commit)</span> : null}
          </>
        ) : (
          'nothing that was promoted lately'
        )}
      </dd>
    </dl>
  </section>
);

/** It comes from a service's answer; a link must not run anything. */
const isWebAddress = (url: string): boolean => /^https?:\/\//.test(url);

const Qat: FC<ApprovalPageProps> = ({ approval, promotion, jobs, links }) => {
  const { qatImageId, qatDeploymentId, qatTestsUrl } = approval.subject;
  const asked = Date.parse(approval.requestedAt);
  const before = jobs.filter((job) => Date.parse(job.startedAt) <= asked);
  return (
    <section class="card" aria-labelledby="qat-title">
      <h2 id="qat-title">How QAT went</h2>
      <dl class="facts">
        <dt>Image</dt>
        <dd>{qatImageId}</dd>
        <dt>Deployment</dt>
        <dd>
          <ConsoleLink href={links.deployment(promotion, qatDeploymentId)} text={qatDeploymentId} />
        </dd>
        {qatTestsUrl && isWebAddress(qatTestsUrl) ? (
          <>
            <dt>Tests</dt>
            <dd>
              <ConsoleLink href={qatTestsUrl} text="Report and log" />
            </dd>
          </>
        ) : null}
      </dl>
      <ul class="outcomes">
        {before.map((job) => (
          <li>
            <StatusChip
              status={job.status === 'SUCCEEDED' ? 'done' : job.status === 'FAILED' ? 'failed' : 'running'}
              text={job.state}
            />
            <span class="muted">
              {job.endedAt ? `${duration(Date.parse(job.endedAt) - Date.parse(job.startedAt))} · ` : ''}
              <Moment at={job.startedAt} />
            </span>
          </li>
        ))}
      </ul>
    </section>
  );
};

const DecisionCard: FC<ApprovalPageProps> = (props) => {
  const { approval, promotion, person, ruling, now, path } = props;
  const title = roleTitles[approval.role];
  if (approval.status === 'APPROVED' || approval.status === 'REFUSED') {
    const verb = approval.status === 'APPROVED' ? 'Approved' : 'Refused';
    const isMine = approval.decidedBy?.subject === person.subject;
    return (
      <Notice kind={approval.status === 'APPROVED' ? 'good' : 'warning'} title={`${verb} as ${title}`}>
        <p>
          {isMine ? 'By you' : 'By '}
          {isMine ? null : <bdi>{approval.decidedBy?.name ?? 'somebody'}</bdi>}
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
  }
  if (!isOpen(approval, promotion, now)) {
    const expired = promotion.status === 'RUNNING' || approval.status === 'EXPIRED';
    return (
      <Notice kind="warning" title={expired ? 'This request has expired' : 'This request is no longer open'}>
        <p>
          {expired ? (
            <>
              {title} had until <Moment at={approval.expiresAt} />. An operator can redrive the promotion;{' '}
              {title} is then asked again.
            </>
          ) : (
            'The promotion does not wait for this decision any more.'
          )}
        </p>
      </Notice>
    );
  }
  if (!person.groups.includes(approval.role)) {
    return (
      <Notice kind="info" title={`${title} decides here`}>
        <p>
          You are signed in as <bdi>{person.name}</bdi>, who is not in the group <code>{approval.role}</code>.
          You can read everything on this page.
        </p>
        <p>
          <a href={signInAddress(path)}>Sign in as somebody else</a>
        </p>
      </Notice>
    );
  }
  return (
    <section class="card decide" aria-labelledby="decide-title">
      <h2 id="decide-title">Your decision as {title}</h2>
      <p>{consequences[approval.role]}</p>
      {ruling.kind === 'refused' && ruling.reason === 'ApproversMustDiffer' ? (
        <Notice kind="warning" title="Somebody else must decide here">
          <p>{ruling.message} A decision that you send will be refused and recorded.</p>
        </Notice>
      ) : null}
      <form method="post" action={`/approvals/${encodeURIComponent(approval.approvalId)}/decision`}>
        <label for="comment">
          Comment <span class="muted">(optional, kept with the decision)</span>
        </label>
        <textarea id="comment" name="comment" rows={3} maxlength={LONGEST_COMMENT}></textarea>
        <div class="buttons">
          <button class="primary" type="submit" name="decision" value="approve">
            Approve
          </button>
          <button class="danger" type="submit" name="decision" value="refuse">
            Refuse
          </button>
        </div>
      </form>
      <p class="muted">
        Open until <Moment at={approval.expiresAt} /> ({duration(Date.parse(approval.expiresAt) - now)} left).
      </p>
    </section>
  );
};
