/** Client errors that pass by themselves, or after which the outcome is unknown. */
const passing = /Throttl|TooManyRequests|TooManyUpdates|RequestLimitExceeded|RequestTimeout|ExpiredToken/;

/**
 * Whether a call failed for good, so that nothing was done: by the caller's fault, and neither throttled nor
 * timed out.
 */
export const isFailedCall = (error: unknown): error is Error =>
  error instanceof Error && '$fault' in error && error.$fault === 'client' && !passing.test(error.name);
