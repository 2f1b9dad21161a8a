import type { FC } from 'hono/jsx';
import { asksAboutImage } from '../../tasks/approvals/image-approval.ts';
import { commitTitle, roleTitles, visibleText } from '../../tasks/words.ts';
import { GraphDrawing } from '../graph/drawing.tsx';
import type { ApprovalPageProps } from './approval-props.ts';
import { ChangeCard } from './change-card.tsx';
import { ChangedCandidate, DecisionCard } from './decision-card.tsx';
import { WholeTitle } from './given-text.tsx';
import { ImageQuestion } from './image-question.tsx';
import { Notice, Page } from './layout.tsx';
import { Card, DecisionList, isOpen, StatusChip } from './parts.tsx';
import { QatCard } from './qat-card.tsx';
import { ShortageNotice } from './shortage-notice.tsx';

/** One approval: what the approver decides about, the review, and the decision. */
export const ApprovalPage: FC<ApprovalPageProps> = (props) => {
  const { approval, promotion, person, path, denial, graph } = props;
  const title = roleTitles[approval.role];
  return (
    <Page
      title={`${title}${asksAboutImage(approval) ? ' image' : ''} approval: ${commitTitle(promotion)}`}
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
      <WholeTitle promotion={promotion} id="whole-title" />
      {denial ? (
        <Notice kind="bad" title="Your decision was not accepted" reason={denial.reason}>
          <p>
            <bdi>{visibleText(denial.message)}</bdi>
          </p>
          <ChangedCandidate changes={denial.changes ?? []} />
        </Notice>
      ) : null}
      <ImageQuestion approval={approval} />
      <ShortageNotice approvals={[approval]} promotion={promotion} now={props.now} />
      <div class="columns">
        <div class="column">
          <ChangeCard {...props} />
          <QatCard {...props} />
          <Card id="decisions" title="Decisions so far">
            <DecisionList
              approvals={props.approvals}
              promotion={promotion}
              now={props.now}
              shown={approval.approvalId}
            />
          </Card>
        </div>
        <div class="column">
          <DecisionCard {...props} />
          {graph ? (
            <Card id="graph" title="Progress">
              <GraphDrawing
                promotion={graph}
                label={`Graph of the promotion. It waits at ${approval.state}.`}
              />
            </Card>
          ) : null}
        </div>
      </div>
    </Page>
  );
};

const ApprovalChip: FC<ApprovalPageProps> = ({ approval, promotion, now, ruling }) => {
  const title = roleTitles[approval.role];
  if (approval.status === 'APPROVED') return <StatusChip status="done" text={`${title} approved`} />;
  if (approval.status === 'REJECTED') return <StatusChip status="stopped" text={`${title} rejected`} />;
  if (ruling.kind === 'denied' && ruling.reason === 'CandidateChanged')
    return <StatusChip status="idle" text="Out of date" />;
  return isOpen(approval, promotion, now) ? (
    <StatusChip status="waiting" text={`Waiting for ${title}`} />
  ) : (
    <StatusChip status="idle" text="No longer open" />
  );
};
