import { createHmac } from 'node:crypto';
import type { ToldEvent } from './notification.ts';
import { UndeliverableError } from './notification.ts';

/** A request as it is sent. */
export interface WebhookRequest {
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

const SECRET = /^whsec_([A-Za-z0-9+/]+={0,2})$/;
/** Bytes of a key: Standard Webhooks asks for 24 to 64. */
const [LEAST, MOST] = [24, 64];

const keyOf = (secret: string): Buffer => {
  const key = Buffer.from(SECRET.exec(secret.trim())?.[1] ?? '', 'base64');
  if (key.length < LEAST || key.length > MOST)
    throw new UndeliverableError(
      `The secret of the webhook holds no key. Store whsec_ and the base64 of ${LEAST} to ${MOST} random bytes, and move the dead letters back.`,
    );
  return key;
};

/**
 * The request that tells an event, signed as Standard Webhooks has it: HMAC-SHA256 over id, time and body.
 * @param secret `whsec_` and the key in base64
 * @param now ms since the epoch: a receiver rejects old requests, so each attempt is signed by itself
 * @see https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md
 */
export function webhookRequest(
  { 'detail-type': type, detail }: ToldEvent,
  secret: string,
  now: number,
): WebhookRequest {
  const body = JSON.stringify({ type, timestamp: detail.at, data: detail });
  const timestamp = String(Math.floor(now / 1000));
  const signature = createHmac('sha256', keyOf(secret))
    .update(`${detail.id}.${timestamp}.${body}`)
    .digest('base64');
  return {
    headers: {
      'webhook-id': detail.id,
      'webhook-timestamp': timestamp,
      'webhook-signature': `v1,${signature}`,
    },
    body,
  };
}
