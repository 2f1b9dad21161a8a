import { lookup as lookUp } from 'node:dns';
import http from 'node:http';
import https from 'node:https';
import type { LookupFunction } from 'node:net';
import { NotDeliveredError, UndeliverableError } from './notification.ts';
import { isAllowedUrl, isPublicAddress } from './public-address.ts';
import type { WebhookRequest } from './sign-webhook.ts';

/** Sends a request. @throws UndeliverableError, NotDeliveredError */
export type Post = (url: string, request: WebhookRequest) => Promise<void>;

/** Longest that a receiver may take, in ms. */
const POST_TIMEOUT_MS = 10_000;

/** Resolves a name to addresses of the internet alone: a name may lead anywhere, and differently each time. */
export const publicLookup: LookupFunction = (hostname, options, callback) =>
  lookUp(hostname, { ...options, all: true }, (error, addresses) => {
    if (error) return callback(error, '', 4);
    const found = addresses.filter(({ address }) => isPublicAddress(address));
    const [first] = found;
    if (!first) return callback(new UndeliverableError(NOT_PUBLIC), '', 4);
    return options.all ? callback(null, found) : callback(null, first.address, first.family);
  });

const NOT_PUBLIC = 'its name leads to no address of the internet. Give a receiver that the internet reaches';

const NOT_ALLOWED =
  'The URL of a notification must be https:// and a host name, without user name and password. Correct it, and move the dead letters back.';

/** What can pass by itself: rate limits, failures of the receiver, and answers that did not come in time. */
const isPassing = (status: number): boolean =>
  status === 408 || status === 425 || status === 429 || status >= 500;

/** Sends a request, and follows no redirect: the signature and the card are for this receiver. Messages never name the URL's path: it may be a secret. */
export const post: Post = async (url, { headers, body }) => {
  if (!isAllowedUrl(url)) throw new UndeliverableError(NOT_ALLOWED);
  const { host, protocol } = new URL(url);
  const isHttps = protocol === 'https:';
  const status = await new Promise<number>((resolve, reject) => {
    const request = (isHttps ? https : http).request(
      url,
      {
        method: 'POST',
        headers: {
          ...headers,
          'content-type': 'application/json',
          'content-length': Buffer.byteLength(body),
          'user-agent': 'lockstep',
        },
        signal: AbortSignal.timeout(POST_TIMEOUT_MS),
        agent: false,
        ...(isHttps && { lookup: publicLookup }),
      },
      (response) => {
        resolve(response.statusCode ?? 0);
        // Nothing is done with what it says.
        response.destroy();
      },
    );
    request.on('error', reject);
    request.end(body);
  }).catch((error: NodeJS.ErrnoException) => {
    if (error instanceof UndeliverableError) throw new UndeliverableError(`${host}: ${error.message}.`);
    throw new NotDeliveredError(
      `${host} could not be reached: ${error.name === 'TimeoutError' ? 'no answer in time' : (error.code ?? error.name)}. It is tried again.`,
    );
  });
  if (status >= 200 && status < 300) return;
  if (isPassing(status)) throw new NotDeliveredError(`${host} answers ${status}. It is tried again.`);
  throw new UndeliverableError(
    `${host} answers ${status}${status >= 300 && status < 400 ? ', a redirect, which is not followed' : ''}. Correct the URL or the receiver, and move the dead letters back.`,
  );
};
