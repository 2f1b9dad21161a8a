import type { Child, FC } from 'hono/jsx';
import { approvalsIn, deciderText, notBeforeText, progressCount } from '../../tasks/approvals/decisions.ts';
import type { Approval, Promotion, PromotionStatus, RecordedDecision } from '../../tasks/ledger/items.ts';
import { roleTitles, shortCommit, utcTime } from '../../tasks/words.ts';
import { duration, nameOfArn } from '../format.ts';
import { StatusIcon } from '../graph/drawing.tsx';
import type { StepStatus } from '../graph/steps.ts';
import { GivenLines, GivenText } from './given-text.tsx';

/** A time, exact for machines and readable for people. */
export const Moment: FC<{ at: string | number }> = ({ at }) => (
  <time datetime={new Date(at).toISOString()}>{utcTime(at)}</time>
);

/** A titled part of a page. */
export const Card: FC<{ id: string; title: string; class?: string; children?: Child }> = (props) => {
  const { id, title, class: more, children, ...attributes } = props;
  return (
    <section class={`card${more ? ` ${more}` : ''}`} aria-labelledby={`${id}-title`} {...attributes}>
      <h2 id={`${id}-title`}>{title}</h2>
      {children}
    </section>
  );
};

/** An entry of a list of facts (`<dl class="facts">`). */
export const Fact: FC<{ name: string; title?: string; class?: string; children?: Child }> = (props) => {
  const { name, children, ...attributes } = props;
  return (
    <>
      <dt>{name}</dt>
      <dd {...attributes}>{children}</dd>
    </>
  );
};

/** The name of a promotion's status, and its color. */
export const promotionStatuses: Record<
  PromotionStatus,
  { readonly name: string; readonly status: StepStatus }
> = {
  RUNNING: { name: 'In progress', status: 'running' },
  SUCCEEDED: { name: 'Promoted', status: 'done' },
  FAILED: { name: 'Failed', status: 'failed' },
  REJECTED: { name: 'Rejected', status: 'stopped' },
  SUPERSEDED: { name: 'Superseded', status: 'stopped' },
  STALE: { name: 'Stale', status: 'stopped' },
  RECALLED: { name: 'Recalled', status: 'stopped' },
  TIMED_OUT: { name: 'Timed out', status: 'failed' },
  ABORTED: { name: 'Stopped', status: 'stopped' },
};

/** A status in a word, with its sign. */
export const StatusChip: FC<{ status: StepStatus; text: string }> = ({ status, text }) => (
  <span class={`chip is-${status}`}>
    <StatusIcon status={status} />
    {text}
  </span>
);

/** Whether it ended because of a newer promotion or a bad commit, which its cause tells. */
export const tellsWhyItEnded = ({ status }: Promotion): boolean =>
  status === 'SUPERSEDED' || status === 'STALE' || status === 'RECALLED';

/** Application, commit and people in one line. */
export const ChangeLine: FC<{ promotion: Promotion }> = ({ promotion }) => (
  <div class="change-line">
    <strong>
      <bdi>{promotion.application}</bdi>
    </strong>
    <span>
      <code>{shortCommit(promotion.commitId)}</code> on <GivenText text={promotion.branch} />
    </span>
    <span>
      by <GivenText text={promotion.commitAuthor || nameOfArn(promotion.pushedBy)} />
    </span>
  </div>
);

/** A link to the console, or the text alone where there is no console. */
export const ConsoleLink: FC<{ href: string | undefined; text: string }> = ({ href, text }) =>
  href ? (
    <a href={href} rel="noreferrer">
      {text}
    </a>
  ) : (
    <span>{text}</span>
  );

/** Whether the request still waits for a decision. @param now milliseconds since the epoch */
export const isOpen = (approval: Approval, promotion: Promotion, now: number): boolean =>
  approval.status === 'PENDING' && Date.parse(approval.expiresAt) > now && promotion.status === 'RUNNING';

/** Who decided what and when, and who has yet to decide. */
export const DecisionList: FC<{
  approvals: readonly Approval[];
  promotion: Promotion;
  now: number;
  /** The request whose page this is: no link leads to it. */
  shown?: string;
}> = ({ approvals, promotion, now, shown }) => (
  <ol class="decisions">
    {approvals.map((approval) => (
      <li>
        <DecisionState
          approval={approval}
          promotion={promotion}
          now={now}
          isShown={approval.approvalId === shown}
        />
      </li>
    ))}
  </ol>
);

const DecisionState: FC<{
  approval: Approval;
  promotion: Promotion;
  now: number;
  isShown: boolean;
}> = ({ approval, promotion, now, isShown }) => {
  const role = roleTitles[approval.role];
  if (approval.status === 'PENDING') {
    if (!isOpen(approval, promotion, now))
      return <DecisionText status="idle" text={`${role}'s request is no longer open`} />;
    const left = duration(Date.parse(approval.expiresAt) - now);
    return (
      <DecisionText status="waiting" text={`Waiting for ${role}`}>
        {isShown ? null : (
          <>
            <a href={`/approvals/${encodeURIComponent(approval.approvalId)}`}>Open the request</a>
            {' · '}
          </>
        )}
        {left} left
        <Progress approval={approval} />
      </DecisionText>
    );
  }
  if (approval.status === 'EXPIRED') {
    return (
      <DecisionText status="failed" text={`${role} did not decide in time`}>
        Expired <Moment at={approval.expiresAt} />
        <Progress approval={approval} />
      </DecisionText>
    );
  }
  if (approval.status === 'WITHDRAWN') {
    return (
      <DecisionText status="idle" text={`${role}'s request was withdrawn`}>
        {approval.withdrawnBecause}
        <Progress approval={approval} />
      </DecisionText>
    );
  }
  return (
    <DecisionText
      status={approval.status === 'APPROVED' ? 'done' : 'stopped'}
      text={`${role} ${approval.status === 'APPROVED' ? 'approved' : 'rejected'}`}
    >
      <Decisions decisions={approval.decisions} />
    </DecisionText>
  );
};

/** The approvals that a request has, if several people must approve and it is not decided. */
const Progress: FC<{ approval: Approval }> = ({ approval }) =>
  approval.count === 1 ? null : (
    <>
      <div>{progressCount(approval)}</div>
      <Decisions decisions={approvalsIn(approval)} />
    </>
  );

/** Characters of who decided, which may name two people and a time. */
export const MOST_DECIDER = 160;

/** Who decided, when and why. */
const Decisions: FC<{ decisions: readonly RecordedDecision[] }> = ({ decisions }) => (
  <>
    {decisions.map((one) => (
      <div>
        <GivenText text={deciderText(one)} most={MOST_DECIDER} />
        {decisions.length > 1 ? ` ${one.decision === 'approve' ? 'approved' : 'rejected'}` : ''}
        {' · '}
        <Moment at={one.at} />
        {notBeforeText(one)}
        {one.comment ? (
          <q class="comment">
            <GivenLines text={one.comment} />
          </q>
        ) : null}
      </div>
    ))}
  </>
);

const DecisionText: FC<{ status: StepStatus; text: string; children?: unknown }> = (props) => (
  <>
    <StatusIcon status={props.status} />
    <div>
      <strong>{props.text}</strong>
      <div class="muted">{props.children as never}</div>
    </div>
  </>
);
