import type { Child, FC } from 'hono/jsx';
import type { EnvironmentStatus, InstanceStatus } from '../../tasks/drift/environment-status.ts';
import { DRIFT_HEADING, REMEDY } from '../../tasks/drift/status-text.ts';
import type { LiveEnvironment } from '../../tasks/promotions/live-table.ts';
import { runbookText } from '../../tasks/redrive/advice-text.ts';
import { listed, visibleText } from '../../tasks/words.ts';
import type { ConsoleLinks } from '../console-links.ts';
import { duration } from '../format.ts';
import { LaterList, laterTitle } from './later-vulnerabilities.tsx';
import { ConsoleLink, Moment } from './parts.tsx';

/** A notice that is no alert: the page around it refreshes itself, and says in one sentence what has changed. */
const Part: FC<{ kind: 'warning' | 'bad'; name: string; title: string; children?: Child }> = ({
  kind,
  name,
  title,
  children,
}) => (
  <div class={`notice live-notice is-${kind}`} data-status={name}>
    <h4 class="notice-title">{title}</h4>
    {children}
  </div>
);

/** What was seen of an environment that people should know: alarms, drift, and what could not be read. */
export const StatusNotices: FC<
  Pick<LiveEnvironment, 'environment' | 'status' | 'drift'> & { links: ConsoleLinks; now: number }
> = ({ environment, status, drift, links, now }) =>
  status === undefined ? null : (
    <>
      {status.alarms.length === 0 ? null : <Alarms status={status} links={links} now={now} />}
      {drift.length === 0 ? null : <Drift environment={environment} instances={drift} />}
      <LaterVulnerabilities later={status.vulnerabilities} />
      {status.unread.length === 0 ? null : (
        <Part kind="warning" name="unread" title="Not everything could be read">
          <ul>
            {status.unread.map((sentence) => (
              <li>{visibleText(sentence)}</li>
            ))}
          </ul>
          <p>Something may be wrong that is not shown here. See {runbookText(DRIFT_HEADING)}.</p>
        </Part>
      )}
    </>
  );

const Alarms: FC<{ status: EnvironmentStatus; links: ConsoleLinks; now: number }> = ({
  status,
  links,
  now,
}) => (
  <Part
    kind="bad"
    name="alarms"
    title={status.alarms.length === 1 ? 'An alarm is on' : `${status.alarms.length} alarms are on`}
  >
    <ul>
      {status.alarms.map(({ name, since, meaning }) => (
        <li>
          <ConsoleLink href={links.alarm(status.region, name)} text={name} />
          {since === undefined ? null : (
            <>
              , since <Moment at={since} />{' '}
              <span class="muted together">· {duration(Math.max(0, now - Date.parse(since)))}</span>
            </>
          )}
          {meaning === '' ? null : <p>{visibleText(meaning)}</p>}
        </li>
      ))}
    </ul>
  </Part>
);

/** What became known about the image since it was built. */
const LaterVulnerabilities: FC<{ later: EnvironmentStatus['vulnerabilities'] }> = ({ later }) => {
  const title = later && laterTitle(later);
  return later === undefined || title === undefined ? null : (
    <Part kind="warning" name="vulnerabilities" title={title}>
      <LaterList later={later} />
    </Part>
  );
};

const Drift: FC<{
  environment: LiveEnvironment['environment'];
  instances: readonly InstanceStatus[];
}> = ({ environment, instances }) => (
  <Part
    kind="bad"
    name="drift"
    title={`Drift: ${instances.length === 1 ? 'an instance runs' : `${instances.length} instances run`} something else`}
  >
    <ul>
      {instances.map(({ instanceId, drift }) => (
        <li>
          <code>{instanceId}</code> {listed(drift)}.
        </li>
      ))}
    </ul>
    <p>
      {REMEDY[environment]} See {runbookText(DRIFT_HEADING)}.
    </p>
  </Part>
);
