/** Errors after which nobody knows, or which pass by themselves, although the service blames the caller. */
const passing = /Throttl|TooManyRequests|TooManyUpdates|RequestLimitExceeded|RequestTimeout|ExpiredToken/;

/**
 * Whether a service refused a call for good, so that nothing was done: the caller's fault, and neither throttled nor
 * timed out.
 */
export const isFailedCall = (error: unknown): error is Error =>
  error instanceof Error && '$fault' in error && error.$fault === 'client' && !passing.test(error.name);
