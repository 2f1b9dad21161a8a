import type { FC } from 'hono/jsx';
import { heldText } from '../../tasks/calendar/hold-rules.ts';
import type {
  HolderView,
  LockView,
  LockViewEntry,
  QueueEntryView,
} from '../../tasks/environment-locks/lock-view.ts';
import { environmentTitles, shortCommit } from '../../tasks/words.ts';
import { StatusIcon } from '../graph/drawing.tsx';
import type { StepStatus } from '../graph/steps.ts';
import { Moment } from './parts.tsx';

const isFree = ({ holder, waiting }: LockView): boolean => holder === undefined && waiting.length === 0;

/** What screen readers announce when locks change: who holds what, and how many wait. */
export const locksSummary = (views: readonly LockView[]): string =>
  views
    .filter((view) => !isFree(view))
    .map(({ application, environment, holder, waiting }) => {
      const name = `${environmentTitles[environment]} of ${application}`;
      const who = holder === undefined ? `${name} is free` : `${shortCommit(holder.commitId)} holds ${name}`;
      return waiting.length === 0 ? `${who}.` : `${who}, ${waiting.length} waiting.`;
    })
    .join(' ');

/** Who holds the lock of which environment of which application, and who waits for it. */
export const Locks: FC<{ views: readonly LockView[] }> = ({ views }) => {
  if (views.length === 0) return null;
  const applications = [...new Set(views.map(({ application }) => application))];
  return (
    <section class="locks" aria-labelledby="locks-title">
      <h2 id="locks-title" class="unseen">
        Environment locks
      </h2>
      {applications.map((application) => (
        <section class="card locks-of" aria-label={`Locks of ${application}`}>
          <h3>
            <bdi>{application}</bdi>
          </h3>
          <div>
            {views
              .filter((view) => view.application === application)
              .map((view) => (
                <Environment view={view} />
              ))}
          </div>
        </section>
      ))}
    </section>
  );
};

const Environment: FC<{ view: LockView }> = ({ view }) => (
  <div class="lock" data-lock={view.environment}>
    <h4>{environmentTitles[view.environment]}</h4>
    <LockState view={view} />
  </div>
);

/** Who holds a lock, and who waits for it. */
export const LockState: FC<{ view: LockView }> = ({ view: { environment, holder, waiting, frozen } }) => (
  <>
    {frozen === undefined ? null : (
      <p class="frozen">
        <bdi>{heldText(frozen)}</bdi>
      </p>
    )}
    {holder === undefined ? <p class="muted">Free</p> : <Holder holder={holder} />}
    {waiting.length === 0 ? null : (
      <ol class="queue" aria-label={`Waiting for ${environmentTitles[environment]}, in order`}>
        {waiting.map((entry) => (
          <Waiting entry={entry} />
        ))}
      </ol>
    )}
  </>
);

const signs: Readonly<Record<HolderView['kind'], StepStatus>> = {
  working: 'running',
  'awaiting-decision': 'waiting',
  restoring: 'failed',
  ended: 'idle',
};

const EntryLink: FC<{ entry: LockViewEntry }> = ({ entry }) => (
  <a href={`/promotions/${encodeURIComponent(entry.promotionId)}`}>{entry.title}</a>
);

const Holder: FC<{ holder: HolderView }> = ({ holder }) => (
  <div class="lock-entry">
    <StatusIcon status={signs[holder.kind]} />
    <div>
      <p>
        <EntryLink entry={holder} /> {holder.doing}
      </p>
      <p class="muted">
        <code>{shortCommit(holder.commitId)}</code> · since <Moment at={holder.since} />
      </p>
    </div>
  </div>
);

const Waiting: FC<{ entry: QueueEntryView }> = ({ entry }) => (
  <li class="lock-entry">
    <StatusIcon status="waiting" />
    <div>
      <p>
        <EntryLink entry={entry} />{' '}
        {entry.held !== undefined ? (
          'waits'
        ) : entry.place === 1 || !entry.behind ? (
          'is next'
        ) : (
          <>
            follows <code>{shortCommit(entry.behind.commitId)}</code>
          </>
        )}
      </p>
      <p class="muted">{entry.because}</p>
      <p class="muted">
        <code>{shortCommit(entry.commitId)}</code> · waiting since <Moment at={entry.since} />
      </p>
    </div>
  </li>
);
