import type { FC } from 'hono/jsx';
import type { OperatorRuling } from '../../tasks/approvals/operator-rules.ts';
import type { QueueEntryView } from '../../tasks/environment-locks/lock-view.ts';
import type { Rebake } from '../../tasks/images/rebake.ts';
import type { Denial, Person, Promotion } from '../../tasks/ledger/items.ts';
import type { Environment } from '../../tasks/payloads.ts';
import { isHeldByAlarms } from '../../tasks/redrive/despite-alarms.ts';
import type { AdvisedPromotion } from '../../tasks/redrive/read-advice.ts';
import type { Soak } from '../../tasks/soak/soak-request.ts';
import { commitTitle, environmentTitles, roleTitles, visibleText } from '../../tasks/words.ts';
import type { ConsoleLinks } from '../console-links.ts';
import { duration, nameOfArn } from '../format.ts';
import { GraphDrawing, StatusIcon, statusNames } from '../graph/drawing.tsx';
import type { PromotionGraph, StepStatus } from '../graph/steps.ts';
import { AcceptLink } from './accept-finding.tsx';
import { Attempts, CauseText } from './attempts.tsx';
import { FiredAlarms } from './fired-alarms.tsx';
import { FreezeCard, type FreezeCardProps } from './freeze-card.tsx';
import { GivenText, WholeTitle } from './given-text.tsx';
import { GoesBack } from './go-back.tsx';
import { AutoRefreshRegion, Notice, Page, signInAddress } from './layout.tsx';
import { MarkLink, MarkNotice, type PromotionMark } from './marks.tsx';
import {
  Card,
  ChangeLine,
  ConsoleLink,
  DecisionList,
  Fact,
  Moment,
  promotionStatuses,
  StatusChip,
} from './parts.tsx';
import { RebakeAction } from './rebake.tsx';
import { RedriveCard } from './redrive-card.tsx';
import { ShortageNotice } from './shortage-notice.tsx';
import { SoakCard } from './soak-card.tsx';

/** Everything that one promotion's page shows. */
export interface PromotionPageProps
  extends AdvisedPromotion,
    Pick<FreezeCardProps, 'held' | 'whyNotAsk' | 'overrides' | 'mayDecide'> {
  readonly person: Person;
  readonly path: string;
  readonly now: number;
  readonly denials: readonly Denial[];
  /** Whether the person may redrive and stop now. */
  readonly operator: OperatorRuling;
  readonly mark: PromotionMark;
  /** Undefined if Step Functions has forgotten the execution. */
  readonly graph: PromotionGraph | undefined;
  readonly links: ConsoleLinks;
  /** The environment whose lock it waits for, and its entry in the queue. */
  readonly waits?: { readonly environment: Environment; readonly entry: QueueEntryView };
  /** Set while Prod soaks. */
  readonly soak?: Soak;
  /** Who asked for new images last, where images are reused. */
  readonly rebake?: Rebake;
  /** Why the redrive that was just asked for was not started. */
  readonly problem?: string;
}

/** One promotion; the page refreshes itself. */
export const PromotionPage: FC<PromotionPageProps> = (props) => (
  <Page title={commitTitle(props.promotion)} person={props.person} here={props.path} section="promotions">
    <p class="crumb">
      <a href="/promotions">Promotions</a>
    </p>
    <PromotionRegion {...props} />
  </Page>
);

/** The part of the page that refreshes itself. */
export const PromotionRegion: FC<PromotionPageProps> = (props) => {
  const { promotion, graph, path, approvals, now, denials, problem, operator, advice, waits } = props;
  const { name, status } = promotionStatuses[promotion.status];
  const summary = visibleText(summaryOf(props));
  return (
    <AutoRefreshRegion path={path} summary={summary} hasEnded={promotion.status !== 'RUNNING'}>
      <div class="title-row">
        <h1>{commitTitle(promotion)}</h1>
        <StatusChip status={status} text={name} />
      </div>
      <WholeTitle promotion={promotion} id="whole-title" />
      <ChangeLine promotion={promotion} />
      <p class="summary">{summary}</p>
      <GoesBack promotion={promotion} />
      <MarkNotice promotion={promotion} mark={props.mark} />
      <StopLink {...props} />
      <MarkLink promotion={promotion} mark={props.mark} />
      <RebakeAction {...props} />
      {problem === undefined ? null : (
        <Notice kind="bad" title="The redrive was not started" reason="NotRedrivable">
          <p>{problem}</p>
        </Notice>
      )}
      {promotion.status === 'RUNNING' && waits !== undefined && waits.entry.held === undefined ? (
        <WaitsForLock {...waits} />
      ) : null}
      <FreezeCard {...props} />
      <ShortageNotice approvals={approvals} promotion={promotion} now={now} />
      <SoakCard {...props} />
      <Failure {...props} />
      <AcceptLink promotion={promotion} may={props.mark.may} />
      <FiredAlarms {...props} />
      {isWithoutRedrive(promotion) ? null : (
        <RedriveCard
          promotionId={promotion.promotionId}
          operator={operator}
          advice={advice}
          path={path}
          isHeldByAlarms={isHeldByAlarms(props.jobs)}
        />
      )}
      <div class="columns">
        <Card id="graph" title="Graph" class="column">
          {graph ? (
            <GraphDrawing
              promotion={graph}
              label={`Graph of the promotion. ${summary} The steps are listed on this page.`}
            />
          ) : (
            <p class="muted">Step Functions keeps an execution for 90 days; this one is gone.</p>
          )}
          <Legend />
        </Card>
        <div class="column">
          {approvals.length > 0 || denials.length > 0 ? (
            <Card id="decisions" title="Decisions">
              <DecisionList approvals={approvals} promotion={promotion} now={now} />
              <DeniedAttempts denials={denials} />
            </Card>
          ) : null}
          {graph ? <Attempts {...props} graph={graph} /> : null}
          <Facts {...props} />
        </div>
      </div>
    </AutoRefreshRegion>
  );
};

/** Where operators stop a promotion that runs, or go back to one that succeeded. */
const StopLink: FC<PromotionPageProps> = ({ promotion, operator, mark }) => {
  const isOperator = operator.kind === 'ok' || operator.reason === 'SignInTooOld';
  if (!isOperator) return null;
  const page = `/promotions/${encodeURIComponent(promotion.promotionId)}`;
  // Nobody goes back to a bad commit.
  if (promotion.status === 'SUCCEEDED')
    return mark.bad ? null : (
      <p class="stop">
        <a href={operator.kind === 'ok' ? `${page}/go-back` : signInAddress(`${page}/go-back`)}>
          {operator.kind === 'ok' ? 'Go back to this release…' : 'Sign in again to go back to this release'}
        </a>
      </p>
    );
  if (promotion.status !== 'RUNNING') return null;
  const path = `${page}/stop`;
  return (
    <p class="stop">
      <a class="danger" href={operator.kind === 'ok' ? path : signInAddress(path)}>
        {operator.kind === 'ok' ? 'Stop the promotion…' : 'Sign in again to stop the promotion'}
      </a>
    </p>
  );
};

const WaitsForLock: FC<NonNullable<PromotionPageProps['waits']>> = ({ environment, entry }) => {
  const name = environmentTitles[environment];
  return (
    <Notice
      kind="info"
      title={
        entry.place === 1
          ? `Waiting for the ${name} lock: next in the queue`
          : `Waiting for the ${name} lock: number ${entry.place} in the queue`
      }
    >
      <p>
        {entry.because}{' '}
        {entry.behind ? (
          <a href={`/promotions/${encodeURIComponent(entry.behind.promotionId)}`}>
            Open the promotion before it
          </a>
        ) : null}
      </p>
    </Notice>
  );
};

/** Whether there is nothing to redrive: it runs or has succeeded. */
const isWithoutRedrive = ({ status }: Promotion): boolean => status === 'RUNNING' || status === 'SUCCEEDED';

/** The promotion's state in one sentence. */
const summaryOf = ({ promotion, graph, approvals, now, waits }: PromotionPageProps): string => {
  const took = duration(
    (promotion.endedAt ? Date.parse(promotion.endedAt) : now) - Date.parse(promotion.startedAt),
  );
  switch (promotion.status) {
    case 'SUCCEEDED':
      return `Deployed to Prod after ${took}.`;
    case 'REJECTED':
      return 'An approver rejected it. A rejection is final.';
    case 'SUPERSEDED':
    case 'STALE':
      // The cause names the newer promotion.
      return promotion.cause ?? 'A newer promotion took its place.';
    case 'RECALLED':
      // The cause names who marked the commit, and why.
      return `${promotion.cause ?? 'Its commit was marked bad'}.`;
    case 'ABORTED':
      // The cause names who stopped it and why.
      return promotion.cause ?? 'It was stopped.';
    case 'FAILED':
    case 'TIMED_OUT': {
      const failed = graph?.steps.find((step) => step.status === 'failed');
      return failed ? `${failed.name} ${failed.detail}.` : `It failed after ${took}.`;
    }
    case 'RUNNING': {
      if (waits?.entry.held !== undefined)
        return `Waiting: ${environmentTitles[waits.environment]} is frozen.`;
      if (waits !== undefined) return `Waiting for the ${environmentTitles[waits.environment]} lock.`;
      const current = graph?.steps.find(({ status }) => status === 'waiting' || status === 'running');
      if (!current) return 'Starting.';
      const asked = approvals.find(({ state, status }) => state === current.name && status === 'PENDING');
      if (asked) return `${current.name}: waiting for ${roleTitles[asked.role]}.`;
      // Without the time, so that screen readers announce it only when the step changes.
      return `${current.name}: ${statusNames[current.status]}.`;
    }
  }
};

const Failure: FC<PromotionPageProps> = ({ promotion, execution, graph }) => {
  if (!['FAILED', 'TIMED_OUT', 'ABORTED'].includes(promotion.status)) return null;
  const failed = graph?.progress.attempts.findLast(
    ({ status }) => status !== 'SUCCEEDED' && status !== 'RUNNING',
  );
  const isStopped = promotion.status === 'ABORTED';
  const error = failed?.error ?? execution?.error ?? promotion.error;
  const cause = failed?.cause ?? execution?.cause ?? promotion.cause;
  return (
    <Notice kind={isStopped ? 'warning' : 'bad'} title={titleOfEnd(isStopped, failed?.state)}>
      {error ? (
        <p>
          <code>{error}</code>
        </p>
      ) : null}
      {cause ? <CauseText label="Cause" text={cause} longest={16_000} /> : null}
    </Notice>
  );
};

const titleOfEnd = (isStopped: boolean, state: string | undefined): string => {
  if (isStopped) return state === undefined ? 'Stopped' : `Stopped at ${state}`;
  return state === undefined ? 'The promotion failed' : `${state} failed`;
};

const Legend: FC = () => (
  <ul class="legend" aria-label="Signs">
    {(Object.keys(statusNames) as StepStatus[]).map((status) => (
      <li>
        <StatusIcon status={status} />
        {statusNames[status]}
      </li>
    ))}
  </ul>
);

const DeniedAttempts: FC<{ denials: readonly Denial[] }> = ({ denials }) =>
  denials.length === 0 ? null : (
    <>
      <h3>Denied</h3>
      <ul class="denials">
        {denials.map(({ person, role, reason, at, lastAt, count }) => (
          <li>
            <GivenText text={person.name} /> as {roleTitles[role]}: <code>{reason}</code>{' '}
            <span class="muted">
              <Moment at={at} />
              {count > 1 ? (
                <>
                  , {count} times, last <Moment at={lastAt} />
                </>
              ) : null}
            </span>
          </li>
        ))}
      </ul>
    </>
  );

const Facts: FC<PromotionPageProps> = ({ promotion, links, execution }) => (
  <Card id="facts" title="Details">
    <dl class="facts">
      <Fact name="Commit">
        <code class="long">{promotion.commitId}</code>
      </Fact>
      <Fact name={promotion.goBack ? 'Asked by' : 'Pushed by'} title={promotion.pushedBy}>
        <GivenText text={nameOfArn(promotion.pushedBy)} />
      </Fact>
      <Fact name="Started">
        <Moment at={promotion.startedAt} />
      </Fact>
      {promotion.endedAt ? (
        <Fact name="Ended">
          <Moment at={promotion.endedAt} />
        </Fact>
      ) : null}
      {(['qat', 'prod'] as const).map((environment) => {
        const image = promotion.images[environment];
        const deployment = promotion.deployments[environment];
        if (!image && !deployment) return null;
        return (
          <Fact name={environmentTitles[environment]}>
            {image ?? null}
            {image && deployment ? ' · ' : null}
            {deployment ? (
              <ConsoleLink href={links.deployment(promotion, deployment)} text={deployment} />
            ) : null}
            {environment === 'prod' && promotion.prodRestored ? (
              <>
                {' '}
                · not deployed; Prod was restored to {promotion.prodRestored.imageId},{' '}
                <Moment at={promotion.prodRestored.at} />
              </>
            ) : null}
          </Fact>
        );
      })}
      <Fact name="Redrives">{execution?.redrives ?? promotion.redrives}</Fact>
      <Fact name="Execution" class="long">
        <ConsoleLink href={links.execution(promotion)} text={promotion.promotionId} />
      </Fact>
    </dl>
  </Card>
);
