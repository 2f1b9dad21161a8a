/**
 * Why a sign-in does not suffice to change something; undefined if it does.
 * @param signedInAt in ms since the epoch. One in the future means that a clock was set back: its age is unknown
 * @param what what the person wants to do: `decide`
 */
export const staleSignIn = (
  signedInAt: number,
  now: Date,
  freshSignInMinutes: number,
  what: string,
): string | undefined =>
  Math.abs(now.getTime() - signedInAt) > freshSignInMinutes * 60_000
    ? `To ${what}, you must have signed in within the last ${freshSignInMinutes} minutes. Sign in again, then ${what}.`
    : undefined;
