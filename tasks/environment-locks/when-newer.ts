import type { WhenNewer } from './environment-lock.ts';

/** @throws RangeError for anything else than `supersede` or `wait` */
export function readWhenNewer(value: string): WhenNewer {
  if (value !== 'supersede' && value !== 'wait')
    throw new RangeError(`The environment variable WHEN_NEWER is "${value}": set supersede or wait`);
  return value;
}
