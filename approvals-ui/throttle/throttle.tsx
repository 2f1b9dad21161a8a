import type { SiteContext } from '../responses.tsx';
import type { Sessions } from '../sign-in/sessions.ts';
import { SimplePage } from '../views/simple.tsx';
import { type Bucket, fullBucket, type Limit, takeToken } from './token-bucket.ts';

/** By address, for those who are not known to be signed in. A company's people may share one. */
const anonymousLimit: Limit = { burst: 60, perSecond: 5 };
/** By session. Each open page asks every two seconds. */
const sessionLimit: Limit = { burst: 100, perSecond: 20 };
/** Clients that are remembered; more are forgotten, the oldest first. */
const MOST_CLIENTS = 10_000;

/** The buckets of clients of one kind. */
const createBuckets = (limit: Limit) => {
  const buckets = new Map<string, Bucket>();
  const keep = (client: string, bucket: Bucket): void => {
    buckets.delete(client);
    buckets.set(client, bucket);
    const [oldest] = buckets.keys();
    if (buckets.size > MOST_CLIENTS && oldest !== undefined) buckets.delete(oldest);
  };
  return {
    has: (client: string): boolean => buckets.has(client),
    add: (client: string, now: number): void => keep(client, fullBucket(limit, now)),
    /** Whether the client may send a request now. */
    take: (client: string, now: number): boolean => {
      const left = takeToken(buckets.get(client) ?? fullBucket(limit, now), limit, now);
      if (left !== undefined) keep(client, left);
      return left !== undefined;
    },
  };
};

/** Address of the client, as the HTTP API saw it: no header can claim another. */
const addressOf = (context: SiteContext): string => context.env?.requestContext?.http?.sourceIp ?? '';

/**
 * Limits each client, so that none keeps others from the site: signed-in people by session, everybody else by address. A
 * cookie counts as a session once it was found to be one; until then, looking it up counts for its address. Each instance
 * of the function counts for itself.
 */
export function throttle(sessions: Pick<Sessions, 'keyOf'>, now: () => number) {
  const anonymous = createBuckets(anonymousLimit);
  const signedIn = createBuckets(sessionLimit);
  return async function throttle(context: SiteContext, next: () => Promise<void>) {
    const key = sessions.keyOf(context);
    const isKnown = key !== undefined && signedIn.has(key);
    if (!(isKnown ? signedIn.take(key, now()) : anonymous.take(addressOf(context), now())))
      return tooMany(context);
    await next();
    if (key !== undefined && !isKnown && context.get('session') !== undefined) signedIn.add(key, now());
  };
}

const tooMany = (context: SiteContext) => {
  context.header('Retry-After', '1');
  return context.html(
    <SimplePage
      title="Too many requests"
      kind="warning"
      reason="TooManyRequests"
      link={{ href: '/', text: 'Start page' }}
    >
      <p>
        This browser or network sent too many requests, so nothing was done. Wait a few seconds, then try
        again.
      </p>
    </SimplePage>,
    429,
  );
};
