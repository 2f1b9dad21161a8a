import type { FC } from 'hono/jsx';
import type { Person } from '../../tasks/ledger/items.ts';
import {
  type LiveApplication,
  type LiveEnvironment,
  liveSentence,
  type NextPromotion,
} from '../../tasks/promotions/live-table.ts';
import type { Release } from '../../tasks/promotions/releases.ts';
import { approverRoles, commitTitle, environmentTitles, shortCommit } from '../../tasks/words.ts';
import type { ConsoleLinks } from '../console-links.ts';
import { duration, nameOfArn } from '../format.ts';
import { StatusIcon } from '../graph/drawing.tsx';
import type { StepStatus } from '../graph/steps.ts';
import { Approvers } from './approvers.tsx';
import { StatusNotices } from './environment-status.tsx';
import { GivenText } from './given-text.tsx';
import { AutoRefreshRegion, Page } from './layout.tsx';
import { LockState } from './locks.tsx';
import { BadChip } from './marks.tsx';
import { Fact, Moment, StatusChip } from './parts.tsx';
import { SearchForm } from './search.tsx';

/** What runs where. */
export interface LivePageProps {
  readonly person: Person;
  readonly path: string;
  readonly now: number;
  readonly applications: readonly LiveApplication[];
  readonly links: ConsoleLinks;
}

/** What each environment of each application runs, since when and by which promotion, and what comes next. */
export const LivePage: FC<LivePageProps> = (props) => (
  <Page title="Live" person={props.person} here={props.path} section="live">
    <div class="title-row">
      <h1>What is live where</h1>
      <SearchForm />
    </div>
    <LiveRegion {...props} />
  </Page>
);

/** The part of the page that refreshes itself. */
export const LiveRegion: FC<LivePageProps> = ({ applications, now, links }) => (
  <AutoRefreshRegion
    // The start page may show what waits for the person by the next time.
    path="/live"
    summary={applications
      .flatMap(({ application, environments }) => environments.map((one) => liveSentence(application, one)))
      .map((sentence) => `${sentence}.`)
      .join(' ')}
    hasEnded={false}
  >
    {applications.map((one) => (
      <Application {...one} now={now} links={links} />
    ))}
  </AutoRefreshRegion>
);

const Application: FC<LiveApplication & { now: number; links: ConsoleLinks }> = ({
  application,
  environments,
  next,
  now,
  links,
}) => (
  <section class="card live" aria-label={application} data-application={application}>
    <div class="live-title">
      <h2>
        <bdi>{application}</bdi>
      </h2>
      <a href={releasesPath(application)}>
        Releases<span class="unseen"> of {application}</span>
      </a>
    </div>
    <div class="live-environments">
      {environments.map((one) => (
        <Environment {...one} application={application} now={now} links={links} />
      ))}
    </div>
    <div class="live-next">
      <h3>In progress</h3>
      {next.length === 0 ? (
        <p class="muted">Nothing. The next push starts a promotion.</p>
      ) : (
        <ol class="plain">
          {next.map((one) => (
            <Next {...one} now={now} />
          ))}
        </ol>
      )}
    </div>
  </section>
);

/** The page of an application's releases. */
export const releasesPath = (application: string): string => `/releases/${encodeURIComponent(application)}`;

const chips: Readonly<Record<LiveEnvironment['certainty'], { status: StepStatus; text: string }>> = {
  verified: { status: 'done', text: 'Verified' },
  deployed: { status: 'done', text: 'Deployed' },
  changing: { status: 'running', text: 'Changing' },
  unclear: { status: 'failed', text: 'Not certain' },
  drifted: { status: 'failed', text: 'Drifted' },
  nothing: { status: 'idle', text: 'Nothing yet' },
};

const Environment: FC<LiveEnvironment & { application: string; now: number; links: ConsoleLinks }> = ({
  application,
  environment,
  certainty,
  known,
  release,
  lock,
  status,
  drift,
  now,
  links,
}) => (
  <section
    class="live-environment"
    aria-label={`${environmentTitles[environment]} of ${application}`}
    data-live={environment}
  >
    <div class="live-title">
      <h3>{environmentTitles[environment]}</h3>
      <StatusChip {...chips[certainty]} />
    </div>
    {release === undefined ? null : <Running release={release} now={now} />}
    <p class="muted live-known">{known}</p>
    <StatusNotices
      environment={environment}
      {...(status && { status })}
      drift={drift}
      links={links}
      now={now}
    />
    {lock === undefined ? null : (
      <div class="live-lock" data-lock={environment}>
        <h4>Lock</h4>
        <LockState view={lock} />
      </div>
    )}
  </section>
);

const since = (at: string, now: number): string => duration(Math.max(0, now - Date.parse(at)));

const Running: FC<{ release: Release; now: number }> = ({ release, now }) => {
  const { promotionId, commitId, branch, commitAuthor, pushedBy, deployedAt, deploymentId } = release;
  const imageId = release.images[release.environment];
  return (
    <>
      <p class="live-commit">
        <a href={`/promotions/${encodeURIComponent(promotionId)}`}>{commitTitle(release)}</a>{' '}
        <BadChip bad={release.bad} />
      </p>
      <div class="change-line">
        <span>
          <code>{shortCommit(commitId)}</code> on <GivenText text={branch} />
        </span>
        <span>
          by <GivenText text={commitAuthor || nameOfArn(pushedBy)} />
        </span>
      </div>
      <dl class="facts">
        <Fact name="Since">
          <Moment at={deployedAt} /> <span class="muted together">· {since(deployedAt, now)}</span>
        </Fact>
        {imageId === undefined ? null : (
          <Fact name="Image">
            <code>{imageId}</code>{' '}
            {release.imageBuiltAt === undefined ? null : (
              <span class="muted together">· {since(release.imageBuiltAt, now)} old</span>
            )}
          </Fact>
        )}
        <Fact name="Deployment">
          <code>{deploymentId}</code>
        </Fact>
        <ApprovedBy release={release} />
      </dl>
    </>
  );
};

const ApprovedBy: FC<{ release: Release }> = ({ release }) => {
  const roles = approverRoles.filter((role) => release.approvedBy[role].length > 0);
  return roles.length === 0 ? null : (
    <Fact name="Approved by">
      <Approvers release={release} />
    </Fact>
  );
};

const Next: FC<NextPromotion & { now: number }> = ({ promotion, whereabouts, now }) => {
  const { waitsFor, text } = whereabouts;
  return (
    <li class="lock-entry" data-next={promotion.promotionId}>
      <StatusIcon status={waitsFor === undefined ? 'running' : 'waiting'} />
      <div>
        <p>
          <a href={`/promotions/${encodeURIComponent(promotion.promotionId)}`}>{commitTitle(promotion)}</a> is{' '}
          {text}
        </p>
        <p class="muted">
          <code>{shortCommit(promotion.commitId)}</code> · {promotion.goBack ? 'goes back to it · ' : ''}
          started <Moment at={promotion.startedAt} /> ·{' '}
          <span class="together">{since(promotion.startedAt, now)} so far</span>
          {waitsFor !== undefined && 'approvalId' in waitsFor ? (
            <>
              {' · '}
              <a href={`/approvals/${encodeURIComponent(waitsFor.approvalId)}`}>
                Open the request<span class="unseen"> about {commitTitle(promotion)}</span>
              </a>
            </>
          ) : null}
        </p>
      </div>
    </li>
  );
};
