import type { Child, FC } from 'hono/jsx';
import type { Person } from '../../tasks/ledger/items.ts';
import { Notice, Page } from './layout.tsx';

/** A page with one message and one link. */
export const SimplePage: FC<{
  title: string;
  kind?: 'info' | 'warning' | 'bad';
  reason?: string;
  person?: Person | undefined;
  /** Where to go from here, and what the link says. */
  link: { readonly href: string; readonly text: string };
  children?: Child;
}> = ({ title, kind = 'info', reason, person, link, children }) => (
  <Page title={title} person={person}>
    <div class="narrow">
      <h1>{title}</h1>
      <Notice kind={kind} reason={reason}>
        {children}
        <p>
          <a href={link.href}>{link.text}</a>
        </p>
      </Notice>
    </div>
  </Page>
);
