import { type HTMLElement, parse } from 'node-html-parser';
import { CookieJar } from 'tough-cookie';

/** A page as a person without a browser sees it. */
export interface Page {
  readonly url: string;
  readonly status: number;
  readonly document: HTMLElement;
}

/** A page was not what a person would expect there. */
export class UnexpectedPageError extends Error {
  override readonly name = 'UnexpectedPage';
}

const MOST_REDIRECTS = 12;

/** Somebody who uses the pages by HTTP alone: keeps cookies, follows redirects, fills in forms. */
export interface WebPerson {
  readonly open: (url: string) => Promise<Page>;
  /** Sends a form with the fields given and its hidden ones; `button` is the submit button to press, by its value. */
  readonly submit: (
    page: Page,
    form: HTMLElement,
    fields?: Readonly<Record<string, string>>,
  ) => Promise<Page>;
}

/** A new person with an empty cookie jar. */
export const createWebPerson = (): WebPerson => {
  const cookies = new CookieJar();

  const request = async (url: string, init: RequestInit): Promise<Page> => {
    let next = { url, init };
    for (let redirects = 0; redirects <= MOST_REDIRECTS; redirects++) {
      const response = await fetch(next.url, {
        ...next.init,
        redirect: 'manual',
        headers: { ...next.init.headers, cookie: await cookies.getCookieString(next.url) },
      });
      for (const cookie of response.headers.getSetCookie()) await cookies.setCookie(cookie, next.url);
      const location = response.headers.get('location');
      if (response.status < 300 || response.status >= 400 || !location) {
        return { url: next.url, status: response.status, document: parse(await response.text()) };
      }
      await response.body?.cancel();
      next = { url: new URL(location, next.url).href, init: { method: 'GET' } };
    }
    throw new UnexpectedPageError(`${url} redirected more than ${MOST_REDIRECTS} times.`);
  };

  return {
    open: (url) => request(url, { method: 'GET' }),
    submit: (page, form, fields = {}) => {
      const body = new URLSearchParams();
      for (const input of form.querySelectorAll('input[type=hidden]')) {
        body.append(input.getAttribute('name') ?? '', input.getAttribute('value') ?? '');
      }
      for (const [name, value] of Object.entries(fields)) body.set(name, value);
      const url = new URL(form.getAttribute('action') ?? '', page.url);
      return request(url.href, {
        method: 'POST',
        headers: {
          'content-type': 'application/x-www-form-urlencoded',
          origin: url.origin === new URL(page.url).origin ? url.origin : 'null',
        },
        body: body.toString(),
      });
    },
  };
};
