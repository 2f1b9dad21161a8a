import type { WhenNewer } from './turn.ts';

/** @throws RangeError for anything else than `supersede` or `wait` */
export const whenNewerOf = (value: string): WhenNewer => {
  if (value !== 'supersede' && value !== 'wait')
    throw new RangeError(`The environment variable WHEN_NEWER is "${value}": set supersede or wait`);
  return value;
};
