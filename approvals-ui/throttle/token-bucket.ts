/** How many requests a client may send. */
export interface Limit {
  /** Requests at once. */
  readonly burst: number;
  /** Requests per second in the long run. */
  readonly perSecond: number;
}

/** What a client has left. */
export interface Bucket {
  readonly tokens: number;
  /** When that was so, in ms since the epoch. */
  readonly at: number;
}

/** The bucket of a client that has sent nothing for long. */
export const fullBucket = ({ burst }: Limit, now: number): Bucket => ({ tokens: burst, at: now });

/**
 * Takes one request out of a client's bucket, which refills with time.
 * @param now in ms since the epoch; a clock that was set back refills nothing
 * @returns undefined if there is none
 */
export function takeToken({ tokens, at }: Bucket, limit: Limit, now: number): Bucket | undefined {
  const refilled = Math.min(limit.burst, tokens + (Math.max(0, now - at) / 1000) * limit.perSecond);
  return refilled < 1 ? undefined : { tokens: refilled - 1, at: now };
}
