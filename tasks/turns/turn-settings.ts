import type { WhenNewer } from './turn.ts';

/** Timeout of `take-turn`: whoever puts Prod in order has ended by then. In seconds. */
export const LEAVE_WITHIN_SECONDS = 180;

/** @throws RangeError for anything else than `supersede` or `wait` */
export const whenNewerOf = (value: string): WhenNewer => {
  if (value !== 'supersede' && value !== 'wait')
    throw new RangeError(`The environment variable WHEN_NEWER is "${value}": set supersede or wait`);
  return value;
};
