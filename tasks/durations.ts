/** An hour, in ms. */
export const HOUR_MS = 60 * 60_000;
/** A day of 24 hours, in ms. */
export const DAY_MS = 24 * HOUR_MS;
