import type { FC } from 'hono/jsx';
import type { Person } from '../../tasks/ledger/items.ts';
import type { ReleaseHistory } from '../../tasks/promotions/read-live.ts';
import type { Release } from '../../tasks/promotions/releases.ts';
import type { Whereabouts } from '../../tasks/promotions/whereabouts.ts';
import { approverRoles, commitTitle, environmentTitles, shortCommit } from '../../tasks/words.ts';
import { StatusIcon } from '../graph/drawing.tsx';
import { Approvers } from './approvers.tsx';
import { Page } from './layout.tsx';
import { BadChip } from './marks.tsx';
import { Card, Moment, promotionStatuses } from './parts.tsx';

/** What the environments of an application ran. */
export interface ReleasesPageProps {
  readonly person: Person;
  readonly path: string;
  readonly application: string;
  readonly histories: readonly ReleaseHistory[];
}

/** What each environment of an application ran, and when. */
export const ReleasesPage: FC<ReleasesPageProps> = ({ person, path, application, histories }) => (
  <Page title={`Releases of ${application}`} person={person} here={path} section="live">
    <p class="crumb">
      <a href="/live">Live</a>
    </p>
    <h1>Releases of {application}</h1>
    <div class="columns">
      {histories.map((history) => (
        <History {...history} />
      ))}
    </div>
  </Page>
);

const History: FC<ReleaseHistory> = ({ environment, releases, inProgress, lookedBackTo }) => (
  <Card id={`history-${environment}`} title={environmentTitles[environment]} data-history={environment}>
    {releases.length === 0 ? (
      <p class="muted">
        No promotion has been deployed here{lookedBackTo === undefined ? ' yet' : ' since'}.
      </p>
    ) : (
      <ol class="attempts">
        {releases.map((release) => (
          <Entry release={release} whereabouts={inProgress[release.promotionId]} />
        ))}
      </ol>
    )}
    {lookedBackTo === undefined ? null : (
      <p class="muted">
        Promotions that started before <Moment at={lookedBackTo} /> are not shown here. They are in the{' '}
        <a href="/promotions">list of all promotions</a>.
      </p>
    )}
  </Card>
);

const Entry: FC<{ release: Release; whereabouts: Whereabouts | undefined }> = ({ release, whereabouts }) => {
  const { promotionId, commitId, deployedAt, replacedAt, status, deploymentId, approvedBy } = release;
  const imageId = release.images[release.environment];
  const isApproved = approverRoles.some((role) => approvedBy[role].length > 0);
  return (
    <li>
      <StatusIcon status={replacedAt === undefined ? 'done' : 'idle'} />
      <div>
        <strong>
          <a href={`/promotions/${encodeURIComponent(promotionId)}`}>{commitTitle(release)}</a>
        </strong>{' '}
        <BadChip bad={release.bad} />
        <div>
          <code>{shortCommit(commitId)}</code> · {replacedAt === undefined ? 'since ' : ''}
          <Moment at={deployedAt} />
          {replacedAt === undefined ? null : (
            <>
              {' '}
              to <Moment at={replacedAt} />
            </>
          )}
        </div>
        <div class="muted">
          {imageId === undefined ? null : (
            <>
              <code>{imageId}</code> ·{' '}
            </>
          )}
          <code>{deploymentId}</code>
        </div>
        <div class="muted">
          {promotionStatuses[status].name}
          {whereabouts === undefined ? null : `: ${whereabouts.text}`}
          {isApproved ? (
            <>
              {' · approved by '}
              <Approvers release={release} />
            </>
          ) : null}
        </div>
      </div>
    </li>
  );
};
