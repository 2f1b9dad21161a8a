import type { Context } from 'hono';
import type { FC } from 'hono/jsx';
import type { Session } from './sign-in/sessions.ts';
import { SimplePage } from './views/simple.tsx';

/** What the middleware passes on. */
export type SiteEnv = {
  Variables: { session: Session };
  /** What the HTTP API tells beside the request. */
  Bindings: { readonly requestContext?: { readonly http?: { readonly sourceIp?: string } } };
};
/** A signed-in person's request. */
export type SiteContext = Context<SiteEnv>;

/** Largest form that is read, in bytes: a comment, with room. */
export const LARGEST_FORM = 16 * 1024;

/** The whole page, or for `part=refresh` only the part that refreshes itself. */
export const show = <Props extends { path: string }>(
  context: SiteContext,
  Whole: FC<Props>,
  Region: FC<Props>,
  props: Props,
) => context.html(context.req.query('part') === 'refresh' ? <Region {...props} /> : <Whole {...props} />);

/** Path and query of the request, without `part`. */
export function here(context: SiteContext): string {
  const url = new URL(context.req.url);
  url.searchParams.delete('part');
  return `${url.pathname}${url.search}`;
}

/** There is nothing at this address. */
export const notFound = (context: Context) =>
  context.html(
    <SimplePage title="Not found" link={{ href: '/', text: 'Start page' }}>
      <p>There is nothing at this address. The link may be incomplete.</p>
    </SimplePage>,
    404,
  );

/** Whether a request brings a form as this site's pages send it. */
export const isForm = (context: Context): boolean =>
  /^application\/x-www-form-urlencoded(?:;|$)/i.test(context.req.header('content-type')?.trim() ?? '');

/** The fields of a form; of several with one name, the last. */
export const readForm = async (context: Context): Promise<Readonly<Record<string, string | undefined>>> =>
  Object.fromEntries(new URLSearchParams(await context.req.text()));

const nothingSaved = (
  context: SiteContext,
  status: 400 | 413,
  link: { readonly href: string; readonly text: string },
  message: string,
) => {
  const session: Session | undefined = context.get('session');
  return context.html(
    <SimplePage title="Nothing was saved" kind="bad" reason="BadForm" person={session?.person} link={link}>
      <p>{message}</p>
    </SimplePage>,
    status,
  );
};

/** The form is larger than what is read. */
export const tooLarge = (context: SiteContext) =>
  nothingSaved(
    context,
    413,
    { href: '/', text: 'Start page' },
    `The form is larger than ${LARGEST_FORM / 1024} KiB. Shorten the comment and send it again.`,
  );

/** The request cannot be read. @param path where to go from here */
export const badRequest = (context: SiteContext, path: string, message: string) =>
  nothingSaved(context, 400, { href: path, text: 'Back' }, message);
