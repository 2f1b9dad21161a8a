import type { FC } from 'hono/jsx';
import type { QueueEntryView } from '../../tasks/environment-locks/lock-view.ts';
import type { Execution } from '../../tasks/executions/execution.ts';
import type { Approval, Denial, Job, Person, Promotion } from '../../tasks/ledger/items.ts';
import type { Environment } from '../../tasks/payloads.ts';
import type { RedriveAdvice } from '../../tasks/redrive/redrive-advice.ts';
import { commitTitle, environmentTitles, roleTitles } from '../../tasks/words.ts';
import type { ConsoleLinks } from '../console-links.ts';
import { duration, nameOfArn } from '../format.ts';
import { GraphDrawing, StatusIcon, statusNames } from '../graph/drawing.tsx';
import type { PromotionGraph, StepStatus } from '../graph/steps.ts';
import { Attempts, CauseText } from './attempts.tsx';
import { AutoRefreshRegion, Notice, Page } from './layout.tsx';
import { ChangeLine, ConsoleLink, DecisionList, Moment, promotionStatuses, StatusChip } from './parts.tsx';
import { RedriveCard } from './redrive-card.tsx';

/** Everything that one promotion's page shows. */
export interface PromotionPageProps {
  readonly person: Person;
  readonly path: string;
  readonly now: number;
  readonly promotion: Promotion;
  readonly approvals: readonly Approval[];
  readonly jobs: readonly Job[];
  readonly denials: readonly Denial[];
  /** Undefined if Step Functions has forgotten it. */
  readonly execution: Execution | undefined;
  readonly graph: PromotionGraph | undefined;
  readonly links: ConsoleLinks;
  /** Whether and how to redrive it, for every reader. */
  readonly advice: RedriveAdvice;
  /** The environment whose lock it waits for, and its entry in the queue. */
  readonly waits?: { readonly environment: Environment; readonly entry: QueueEntryView };
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
  const { promotion, graph, path, approvals, now, denials, problem, person, advice, waits } = props;
  const { name, status } = promotionStatuses[promotion.status];
  const summary = summaryOf(props);
  return (
    <AutoRefreshRegion path={path} summary={summary} hasEnded={promotion.status !== 'RUNNING'}>
      <div class="title-row">
        <h1>{commitTitle(promotion)}</h1>
        <StatusChip status={status} text={name} />
      </div>
      <ChangeLine promotion={promotion} />
      <p class="summary">{summary}</p>
      {problem === undefined ? null : (
        <Notice kind="bad" title="The redrive was not started" reason="NotRedrivable">
          <p>{problem}</p>
        </Notice>
      )}
      {promotion.status === 'RUNNING' && waits !== undefined ? <WaitsForLock {...waits} /> : null}
      <Failure {...props} />
      {isWithoutRedrive(promotion) ? null : (
        <RedriveCard promotionId={promotion.promotionId} person={person} advice={advice} />
      )}
      <div class="columns">
        <section class="card column" aria-labelledby="graph-title">
          <h2 id="graph-title">Graph</h2>
          {graph ? (
            <GraphDrawing
              promotion={graph}
              label={`Graph of the promotion. ${summary} The steps are listed on this page.`}
            />
          ) : (
            <p class="muted">Step Functions keeps an execution for 90 days; this one is gone.</p>
          )}
          <Legend />
        </section>
        <div class="column">
          {approvals.length > 0 || denials.length > 0 ? (
            <section class="card" aria-labelledby="decisions-title">
              <h2 id="decisions-title">Decisions</h2>
              <DecisionList approvals={approvals} promotion={promotion} now={now} />
              <DeniedAttempts denials={denials} />
            </section>
          ) : null}
          {graph ? <Attempts {...props} graph={graph} /> : null}
          <Facts {...props} />
        </div>
      </div>
    </AutoRefreshRegion>
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
const summaryOf = ({ promotion, graph, now, waits }: PromotionPageProps): string => {
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
    case 'ABORTED':
      return 'It was stopped.';
    case 'FAILED':
    case 'TIMED_OUT': {
      const failed = graph?.steps.find((step) => step.status === 'failed');
      return failed ? `${failed.name} ${failed.detail}.` : `It failed after ${took}.`;
    }
    case 'RUNNING': {
      if (waits !== undefined) return `Waiting for the ${environmentTitles[waits.environment]} lock.`;
      const current = graph?.steps.find(({ status }) => status === 'waiting' || status === 'running');
      if (!current) return 'Starting.';
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
  const error = failed?.error ?? execution?.error ?? promotion.error;
  const cause = failed?.cause ?? execution?.cause ?? promotion.cause;
  return (
    <Notice kind="bad" title={failed ? `${failed.state} failed` : 'The promotion failed'}>
      {error ? (
        <p>
          <code>{error}</code>
        </p>
      ) : null}
      {cause ? <CauseText label="Cause" text={cause} longest={16_000} /> : null}
    </Notice>
  );
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
        {denials.map(({ person, role, reason, at }) => (
          <li>
            <bdi>{person.name}</bdi> as {roleTitles[role]}: <code>{reason}</code>{' '}
            <span class="muted">
              <Moment at={at} />
            </span>
          </li>
        ))}
      </ul>
    </>
  );

const Facts: FC<PromotionPageProps> = ({ promotion, links, execution }) => (
  <section class="card" aria-labelledby="facts-title">
    <h2 id="facts-title">Details</h2>
    <dl class="facts">
      <dt>Commit</dt>
      <dd>
        <code class="long">{promotion.commitId}</code>
      </dd>
      <dt>Pushed by</dt>
      <dd title={promotion.pushedBy}>
        <bdi>{nameOfArn(promotion.pushedBy)}</bdi>
      </dd>
      <dt>Started</dt>
      <dd>
        <Moment at={promotion.startedAt} />
      </dd>
      {promotion.endedAt ? (
        <>
          <dt>Ended</dt>
          <dd>
            <Moment at={promotion.endedAt} />
          </dd>
        </>
      ) : null}
      {(['qat', 'prod'] as const).map((environment) => {
        const image = promotion.images[environment];
        const deployment = promotion.deployments[environment];
        if (!image && !deployment) return null;
        return (
          <>
            <dt>{environmentTitles[environment]}</dt>
            <dd>
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
            </dd>
          </>
        );
      })}
      <dt>Redrives</dt>
      <dd>{execution?.redrives ?? promotion.redrives}</dd>
      <dt>Execution</dt>
      <dd class="long">
        <ConsoleLink href={links.execution(promotion)} text={promotion.promotionId} />
      </dd>
    </dl>
  </section>
);
