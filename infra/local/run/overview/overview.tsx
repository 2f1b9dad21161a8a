import { serve } from '@hono/node-server';
import { Hono } from 'hono';
import type { FC, PropsWithChildren } from 'hono/jsx';
import { secureHeaders } from 'hono/secure-headers';
import type { EventDetail } from '../../../../tasks/events/promotion-event.ts';
import { commitTitle, utcTime } from '../../../../tasks/words.ts';
import { styleSheet } from './style-sheet.ts';

/** A mail of the outbox, as the page shows it. */
export interface OutboxMail {
  readonly id: string;
  readonly to: string;
  readonly subject: string;
  readonly message: string;
  /** Milliseconds since the epoch. */
  readonly at: number;
}

/** What the overview shows; asked for at each request. */
export interface OverviewContent {
  readonly places: readonly { readonly name: string; readonly what: string; readonly href: string }[];
  /** Commands for a shell, with what they do. */
  readonly commands: readonly { readonly what: string; readonly command: string }[];
  readonly people: readonly { readonly name: string; readonly roles: string }[];
  /** Events of Lockstep's bus, newest first. */
  readonly events: readonly { readonly type: string; readonly detail: EventDetail }[];
  /** Newest first. */
  readonly mails: readonly OutboxMail[];
}

const Document: FC<PropsWithChildren<{ title: string }>> = ({ title, children }) => (
  <html lang="en">
    <head>
      <meta charset="utf-8" />
      <meta name="viewport" content="width=device-width, initial-scale=1" />
      <meta name="color-scheme" content="light dark" />
      <title>{title}</title>
      <link rel="stylesheet" href="/style.css" />
    </head>
    <body>
      <main>{children}</main>
    </body>
  </html>
);

const loopbackLink = /http:\/\/127\.0\.0\.1:\d+\/[^\s]*/g;

/** The message as text, with links to this machine. */
const Message: FC<{ text: string }> = ({ text }) => {
  const parts: (string | ReturnType<typeof Link>)[] = [];
  let from = 0;
  for (const match of text.matchAll(loopbackLink)) {
    parts.push(text.slice(from, match.index), <Link href={match[0]} />);
    from = match.index + match[0].length;
  }
  return (
    <pre>
      {parts}
      {text.slice(from)}
    </pre>
  );
};

const Link: FC<{ href: string }> = ({ href }) => <a href={href}>{href}</a>;

/** Changes of promotions, as rules, webhooks and chats are told. */
const Events: FC<Pick<OverviewContent, 'events'>> = ({ events }) => (
  <section>
    <h2>Events</h2>
    {events.length === 0 && <p class="none">No event yet. The first one comes with a push.</p>}
    {events.length > 0 && (
      <div class="events">
        {events.map(({ type, detail: { id, application, sequence, at, actor, commit, url, data, kind } }) => (
          <details id={id}>
            <summary>
              <span class="type">{type}</span>{' '}
              <span class="about">
                {application}{' '}
                <a href={url}>{commitTitle({ commitId: commit.id, commitMessage: commit.title })}</a>, event{' '}
                {sequence}, <time datetime={at}>{utcTime(at)}</time>
              </span>
            </summary>
            <pre>{JSON.stringify({ id, kind, actor, data }, null, 2)}</pre>
          </details>
        ))}
      </div>
    )}
  </section>
);

const Overview: FC<{ content: OverviewContent }> = ({ content }) => (
  <Document title="Lockstep on this machine">
    <header>
      <h1>Lockstep on this machine</h1>
      <p>
        This local run is for trials and tests, never for production. Image builds are simulated unless
        instances are containers; pushes, approvals, deployments and traffic are real.
      </p>
    </header>
    <ul class="places">
      {content.places.map(({ name, what, href }) => (
        <li>
          <a href={href}>{name}</a>
          <span>{what}</span>
          <code>{href}</code>
        </li>
      ))}
    </ul>
    <Events events={content.events} />
    <section>
      <h2>Outbox</h2>
      {content.mails.length === 0 && (
        <p class="none">No mail yet. The first one comes when QC has to decide.</p>
      )}
      {content.mails.map((mail) => (
        <article id={`mail-${mail.id}`}>
          <h3>{mail.subject}</h3>
          <p class="envelope">
            to {mail.to}, <time datetime={new Date(mail.at).toISOString()}>{utcTime(mail.at)}</time>
          </p>
          <Message text={mail.message} />
        </article>
      ))}
    </section>
    <section>
      <h2>People to sign in as</h2>
      <table>
        <tbody>
          {content.people.map(({ name, roles }) => (
            <tr>
              <th scope="row">{name}</th>
              <td>{roles}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </section>
    <section>
      <h2>From a shell</h2>
      {content.commands.map(({ what, command }) => (
        <>
          <p>{what}</p>
          <pre class="command">{command}</pre>
        </>
      ))}
    </section>
  </Document>
);

/** The log of a build of CodeBuild, by what its file is named after; undefined if there is none. */
export type BuildLogs = (build: string) => string | undefined;

/** The overview's pages over what `content` gives. */
export function createOverview(content: () => OverviewContent, buildLogs: BuildLogs = () => undefined): Hono {
  const app = new Hono();
  app.use(
    secureHeaders({
      contentSecurityPolicy: { defaultSrc: ["'none'"], styleSrc: ["'self'"], frameAncestors: ["'none'"] },
    }),
  );
  app.use(async (c, next) => {
    const host = new URL(c.req.url).hostname;
    if (host !== '127.0.0.1' && host !== 'localhost')
      return c.text('This page is for 127.0.0.1 only.\n', 421);
    return next();
  });
  app.get('/style.css', (c) => c.body(styleSheet, 200, { 'content-type': 'text/css; charset=utf-8' }));
  app.get('/builds/:build{[a-z0-9-]+}', (c) => {
    const log = buildLogs(c.req.param('build'));
    return log === undefined ? c.text('There is no such build.\n', 404) : c.text(log);
  });
  app.get('/', (c) => c.html(`<!doctype html>${<Overview content={content()} />}`));
  return app;
}

/**
 * Serves the overview on 127.0.0.1.
 * @returns a function that stops it
 */
export const serveOverview = (
  port: number,
  content: () => OverviewContent,
  buildLogs?: BuildLogs,
): Promise<() => Promise<void>> =>
  new Promise((resolve, reject) => {
    const server = serve(
      { fetch: createOverview(content, buildLogs).fetch, port, hostname: '127.0.0.1' },
      () => resolve(() => new Promise((closed) => server.close(() => closed()))),
    );
    server.on('error', reject);
  });
