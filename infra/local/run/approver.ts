import type { HTMLElement } from 'node-html-parser';
import type { Decision } from '../../../tasks/payloads.ts';
import { createWebPerson, type Page, UnexpectedPageError, type WebPerson } from './web-person.ts';

/** What came of a decision that was sent. */
export type DecisionOutcome =
  | { readonly kind: 'decided' }
  /** The page said no; `reason` is the rule's name, `text` what the page says. */
  | { readonly kind: 'denied'; readonly reason: string; readonly text: string };

/** Somebody signed in to the approvals site, by its pages alone. */
export interface SignedInPerson extends WebPerson {
  /** Opens the link of a mail, fills in the form and presses the button. */
  readonly decide: (link: string, decision: Decision, comment?: string) => Promise<DecisionOutcome>;
  /** Presses "Redrive" on the promotion's page. */
  readonly redrive: (promotionPage: string) => Promise<void>;
}

/** The form of a page that has a control of that name (and value). */
const formWith = (page: Page, control: string, value?: string): HTMLElement | undefined =>
  page.document
    .querySelectorAll('form')
    .find((form) =>
      form
        .querySelectorAll(`[name="${control}"]`)
        .some((element) => value === undefined || element.getAttribute('value') === value),
    );

const textOf = (element: HTMLElement | null | undefined): string =>
  (element?.text ?? '').replace(/\s+/g, ' ').trim();

const unexpected = (page: Page, what: string) =>
  new UnexpectedPageError(
    `${page.url} answered ${page.status} without ${what}: ${textOf(page.document.querySelector('main')) || textOf(page.document)}`,
  );

/** The denial that a page shows, if it shows one. */
const denialOn = (page: Page): DecisionOutcome | undefined => {
  const notice = page.document.querySelector('[data-reason]');
  if (!notice) return undefined;
  return { kind: 'denied', reason: notice.getAttribute('data-reason') ?? '', text: textOf(notice) };
};

/** Follows the sign-in from wherever a page asks for it. @returns the page that was wanted */
const signIn = async (person: WebPerson, name: string, wanted: string): Promise<Page> => {
  let page = await person.open(wanted);
  const link = page.document.querySelector('a[href^="/sign-in"]')?.getAttribute('href');
  if (!formWith(page, 'person') && link) page = await person.open(new URL(link, page.url).href);
  const form = formWith(page, 'person', name);
  if (!form) throw unexpected(page, `a way to sign in as ${name}`);
  await person.submit(page, form, { person: name });
  return person.open(wanted);
};

/**
 * Signs in on the site's own sign-in pages.
 * @param name user name
 * @param siteUrl the approvals site
 * @throws UnexpectedPageError
 */
export const signInAs = async (name: string, siteUrl: string): Promise<SignedInPerson> => {
  const person = createWebPerson();
  await signIn(person, name, `${siteUrl}/promotions`);
  return {
    open: person.open,
    submit: person.submit,
    decide: async (link, decision, comment = '') => {
      const page = await person.open(link);
      const form = formWith(page, 'decision', decision);
      if (!form) {
        const denial = denialOn(page);
        if (denial) return denial;
        throw unexpected(page, `a button to ${decision}`);
      }
      const answer = await person.submit(page, form, { decision, comment });
      const denial = denialOn(answer);
      if (denial) return denial;
      if (answer.status >= 400) throw unexpected(answer, 'a confirmation');
      return { kind: 'decided' };
    },
    redrive: async (promotionPage) => {
      const page = await person.open(promotionPage);
      const form = page.document
        .querySelectorAll('form')
        .find((candidate) => candidate.getAttribute('action')?.endsWith('/redrive'));
      if (!form) throw unexpected(page, 'a button to redrive');
      const answer = await person.submit(page, form);
      if (answer.status >= 400) throw unexpected(answer, 'a redrive');
    },
  };
};
