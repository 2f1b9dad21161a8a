import { setTimeout as pause } from 'node:timers/promises';
import { isObject, parsedJson } from '../json.ts';

/** The provider of a repository could not be read: nothing is assumed about what it did not say. */
export class RepositoryUnreadableError extends Error {
  override readonly name = 'RepositoryUnreadable';
}

/** A provider of repositories, as its REST API tells it apart from others. */
export interface Provider {
  readonly name: string;
  /** Sent with each request. */
  readonly headers: Readonly<Record<string, string>>;
  /** Headers that tell how many requests are left, and when there are more, in seconds since the epoch. */
  readonly limits: { readonly remaining: string; readonly reset: string };
  /** Where it says that it is disturbed. */
  readonly statusPage: string;
  /** What a token needs that reads one repository. */
  readonly permissions: string;
}

/** An answer of a provider's REST API. */
interface ProviderAnswer {
  readonly body: unknown;
  /** Path of the next page, relative to the API's address. */
  readonly next?: string;
}

/** A provider's REST API, as far as it is read. */
export interface ProviderApi {
  /**
   * @param path below the API's address, with its query
   * @param absent statuses that say that there is no such thing
   * @returns undefined for one of these
   * @throws RepositoryUnreadableError with status, path and remedy; never with the token
   */
  readonly get: (path: string, absent?: readonly number[]) => Promise<ProviderAnswer | undefined>;
}

/** Where a provider is, and how it is called. */
interface ProviderApiOptions {
  /** Such as `https://api.github.com`; a redirect or a page elsewhere is not followed. */
  readonly apiUrl: string;
  /** Gives the token. @param isRejected whether the one given last was: it may have been replaced */
  readonly token: (isRejected: boolean) => Promise<string>;
  /** @default Node's */
  readonly fetch?: typeof fetch;
  /** In ms. @default a timer */
  readonly wait?: (ms: number) => Promise<void>;
  /** In ms. @default the machine's clock */
  readonly now?: () => number;
}

/** Times that one page is asked for. */
const ATTEMPTS = 5;
/** Longest that one page may take, waits included, in ms: limits often ask for a minute. */
const MOST_MS = 90_000;
/** Longest that one request may take, in ms. */
const REQUEST_MS = 20_000;

/** Limits are told by 429; GitHub's also by 403 with one of these headers (its "Rate limits for the REST API"). */
const isLimited = ({ limits }: Provider, { status, headers }: Response): boolean =>
  status === 429 || (status === 403 && (headers.has('retry-after') || headers.get(limits.remaining) === '0'));

/** How long the provider asks to wait, in ms; otherwise longer each time. */
const waitOf = ({ limits }: Provider, { headers }: Response, attempt: number, now: number): number => {
  const seconds = Number.parseInt(headers.get('retry-after') ?? '', 10);
  if (seconds >= 0) return seconds * 1000;
  const reset = Number.parseInt(headers.get(limits.reset) ?? '', 10);
  if (headers.get(limits.remaining) === '0' && reset >= 0) return Math.max(0, reset * 1000 - now);
  return 1000 * 2 ** attempt;
};

const remedyOf = (provider: Provider, response: Response): string => {
  const { status } = response;
  const { name } = provider;
  if (isLimited(provider, response))
    return 'Its rate limit is reached. Redrive when it is reset, within an hour.';
  if (status >= 500) return `${name} fails. See ${provider.statusPage}, and redrive later.`;
  if (status === 401)
    return `${name} rejects the token: it has expired or was revoked. Store a new one in the secret that source.tokenSecretArn names, and redrive.`;
  if (status === 403) return `The token may not read this. Give it ${provider.permissions}, and redrive.`;
  if (status === 404)
    return 'There is no such thing, or the token does not reach it. Check source.repository, and that the token is for this repository.';
  if (status >= 300 && status < 400)
    return 'The repository has moved. Give its new owner and name as source.repository, and deploy.';
  return 'Lockstep does not know this answer.';
};

/** The path of the page that a Link header calls next. */
const nextOf = (
  { name }: Provider,
  link: string | null,
  apiUrl: string,
  path: string,
): string | undefined => {
  const url = link?.split(',').flatMap((one) => /^\s*<([^>]+)>\s*;.*\brel="next"/.exec(one)?.[1] ?? [])[0];
  if (url === undefined) return undefined;
  // The token goes nowhere else.
  if (!url.startsWith(`${apiUrl}/`))
    throw new RepositoryUnreadableError(
      `${name}'s answer to ${path} continues at ${url}, which is not below ${apiUrl}. Check source.apiUrl.`,
    );
  return url.slice(apiUrl.length);
};

/** A provider's REST API, read with a token; what fails for a while is tried again. */
export function createProviderApi(provider: Provider, options: ProviderApiOptions): ProviderApi {
  const { token, fetch: send = fetch, wait = pause, now = Date.now } = options;
  const apiUrl = options.apiUrl.replace(/\/+$/, '');

  const request = async (
    path: string,
    isRejected: boolean,
  ): Promise<Response | { readonly reason: string }> => {
    const secret = (await token(isRejected)).trim();
    // Node's error for a header that is not valid would tell the token.
    if (!/^[\w.-]+$/.test(secret))
      throw new RepositoryUnreadableError(
        'The secret that source.tokenSecretArn names does not hold a token. Store the token alone, as plain text.',
      );
    return send(`${apiUrl}${path}`, {
      headers: {
        ...provider.headers,
        authorization: `Bearer ${secret}`,
        'user-agent': 'lockstep',
      },
      redirect: 'manual',
      signal: AbortSignal.timeout(REQUEST_MS),
    }).catch((error: unknown) => ({ reason: reasonOf(error) }));
  };

  return {
    get: async (path, absent = []) => {
      const until = now() + MOST_MS;
      let isRejected = false;
      for (let attempt = 0; ; attempt++) {
        const response = await request(path, isRejected);
        const isLast = attempt + 1 >= ATTEMPTS;
        if ('reason' in response) {
          const ms = 1000 * 2 ** attempt;
          if (isLast || now() + ms > until)
            throw new RepositoryUnreadableError(
              `${provider.name} could not be asked for ${path} at ${apiUrl}: ${response.reason}. Check source.apiUrl and the network, and redrive.`,
            );
          await wait(ms);
          continue;
        }
        if (response.ok) {
          const text = await response.text().catch(() => '');
          const body = parsedJson(text);
          const next = nextOf(provider, response.headers.get('link'), apiUrl, path);
          if (body !== undefined) return { body, ...(next !== undefined && { next }) };
          throw unknownShape(provider.name, path, 'is no JSON');
        }
        await response.body?.cancel();
        if (absent.includes(response.status)) return undefined;
        const ms = waitOf(provider, response, attempt, now());
        const isPassing = isLimited(provider, response) || response.status >= 500;
        const isReplaced: boolean = response.status === 401 && !isRejected;
        if (isLast || (!isPassing && !isReplaced) || (isPassing && now() + ms > until))
          throw new RepositoryUnreadableError(
            `${provider.name} answers ${response.status} to ${path}. ${remedyOf(provider, response)}`,
          );
        isRejected = isReplaced;
        if (isPassing) await wait(ms);
      }
    },
  };
}

/** The name or code alone: a message may tell what was sent. */
const reasonOf = (error: unknown): string => {
  const { name, cause } = isObject(error) ? error : {};
  return String((isObject(cause) && cause.code) || name || 'unknown error');
};

/** An answer that does not have the form that the provider documents. */
export const unknownShape = (provider: string, path: string, what: string): RepositoryUnreadableError =>
  new RepositoryUnreadableError(
    `${provider}'s answer to ${path} ${what}. Check that source.apiUrl is the address of ${provider}'s REST API.`,
  );

/** The pages of a list, each with the path that it was asked by. */
export async function* pagesOf(
  api: ProviderApi,
  first: string,
): AsyncGenerator<{ readonly path: string; readonly body: unknown }> {
  for (let path: string | undefined = first; path !== undefined; ) {
    const answer = await api.get(path);
    yield { path, body: answer?.body };
    path = answer?.next;
  }
}

/**
 * What a path gives; undefined if the repository has no such thing, as opposed to: cannot be read.
 * @param root of the repository, which must answer then
 * @param absent statuses that say so
 */
export async function findIn(
  api: ProviderApi,
  root: string,
  path: string,
  absent: readonly number[],
): ReturnType<ProviderApi['get']> {
  const answer = await api.get(path, absent);
  if (answer === undefined) await api.get(root);
  return answer;
}
