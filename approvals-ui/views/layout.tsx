import type { Child, FC } from 'hono/jsx';
import type { Person } from '../../tasks/ledger/items.ts';
import { assetAddress } from '../assets/assets.ts';
import { GivenText } from './given-text.tsx';

/** What each page gives to the frame around it. */
interface PageProps {
  readonly title: string;
  /** The person who is signed in. */
  readonly person?: Person | undefined;
  /** Path and query of this page, to return to after signing in as somebody else. */
  readonly here?: string;
  /** Part of the site that the navigation marks. */
  readonly section?: 'live' | 'approvals' | 'promotions' | 'calendar' | 'absences';
  readonly children?: Child;
}

/** The frame of every page. */
export const Page: FC<PageProps> = ({ title, person, here = '/', section, children }) => (
  <html lang="en">
    <head>
      <meta charset="utf-8" />
      <meta name="viewport" content="width=device-width, initial-scale=1" />
      <meta name="color-scheme" content="light dark" />
      <title>{title} · Lockstep</title>
      <link rel="stylesheet" href={assetAddress('site.css')} />
      <link rel="icon" href={assetAddress('icon.svg')} type="image/svg+xml" />
      <script src={assetAddress('auto-refresh.js')} defer></script>
    </head>
    <body>
      <a class="skip" href="#content">
        Skip to content
      </a>
      <header class="bar">
        <div class="bar-inside">
          <a class="brand" href="/">
            <Mark />
            Lockstep
          </a>
          {person ? (
            <>
              <nav aria-label="Site">
                <NavLink href="/live" isCurrent={section === 'live'} text="Live" />
                <NavLink href="/approvals" isCurrent={section === 'approvals'} text="Approvals" />
                <NavLink href="/promotions" isCurrent={section === 'promotions'} text="Promotions" />
                <NavLink href="/calendar" isCurrent={section === 'calendar'} text="Calendar" />
                <NavLink href="/absences" isCurrent={section === 'absences'} text="Absences" />
              </nav>
              <PersonMenu person={person} here={here} />
            </>
          ) : null}
        </div>
      </header>
      <main id="content" tabindex={-1}>
        {children}
      </main>
      <p id="announcer" class="unseen" role="status"></p>
    </body>
  </html>
);

const NavLink: FC<{ href: string; text: string; isCurrent: boolean }> = ({ href, text, isCurrent }) => (
  <a href={href} aria-current={isCurrent ? 'page' : undefined}>
    {text}
  </a>
);

const PersonMenu: FC<{ person: Person; here: string }> = ({ person, here }) => (
  <div class="person">
    <span class="person-name">
      <span class="unseen">Signed in as </span>
      <GivenText text={person.name} most={30} />
      {person.groups.map((group) => (
        <span class="tag">{group.toUpperCase()}</span>
      ))}
    </span>
    <a class="quiet" href={signInAddress(here)}>
      Switch<span class="unseen"> person</span>
    </a>
    <form method="post" action="/sign-out">
      <button class="quiet" type="submit">
        Sign out
      </button>
    </form>
  </div>
);

/** Where a person signs in, to return to a page. */
export const signInAddress = (returnTo: string): string => `/sign-in?return=${encodeURIComponent(returnTo)}`;

const Mark: FC = () => (
  <svg viewBox="0 0 24 24" width="24" height="24" aria-hidden="true">
    <path class="mark-1" d="M5 4h4v9H5zM5 16h4v4H5z" />
    <path class="mark-2" d="M15 4h4v4h-4zM15 11h4v9h-4z" />
  </svg>
);

/** A block that stands out, with a title. */
export const Notice: FC<{
  kind: 'info' | 'good' | 'warning' | 'bad';
  title?: string;
  /** Name of the rule that was applied, for tools that read the page. */
  reason?: string | undefined;
  children?: Child;
}> = ({ kind, title, reason, children }) => (
  <div class={`notice is-${kind}`} data-reason={reason} role={kind === 'bad' ? 'alert' : undefined}>
    {title === undefined ? null : <p class="notice-title">{title}</p>}
    {children}
  </div>
);

/** The part of a page that refreshes itself. */
export const AutoRefreshRegion: FC<{
  /** Path of this page. */
  path: string;
  /** One sentence that screen readers announce when it changes. */
  summary: string;
  hasEnded: boolean;
  children?: Child;
}> = ({ path, summary, hasEnded, children }) => (
  <div
    id="refresh"
    data-refresh={`${path}${path.includes('?') ? '&' : '?'}part=refresh`}
    data-refresh-summary={summary}
    data-refresh-ended={hasEnded ? '' : undefined}
  >
    {children}
  </div>
);
