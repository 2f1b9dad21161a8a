const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/** A length of time for people: `< 0.1 s`, `0.7 s`, `42 s`, `2 min 3 s`, `1 h 4 min`, `6 d 23 h`. @param ms milliseconds */
export function duration(ms: number): string {
  if (ms < SECOND / 10) return '< 0.1 s';
  if (ms < 10 * SECOND) return `${(ms / SECOND).toFixed(1)} s`;
  if (ms < MINUTE) return `${Math.floor(ms / SECOND)} s`;
  if (ms < HOUR) return pair(ms, MINUTE, 'min', SECOND, 's');
  if (ms < DAY) return pair(ms, HOUR, 'h', MINUTE, 'min');
  return pair(ms, DAY, 'd', HOUR, 'h');
}

const pair = (ms: number, large: number, largeName: string, small: number, smallName: string): string => {
  const rest = Math.floor((ms % large) / small);
  return `${Math.floor(ms / large)} ${largeName}${rest > 0 ? ` ${rest} ${smallName}` : ''}`;
};

/** The time of day to the second: `10:54:06`. @param at milliseconds since the epoch */
export const clockTime = (at: number): string => new Date(at).toISOString().slice(11, 19);

/** The last part of an ARN that names somebody (user or session), or the text itself. */
export const nameOfArn = (arn: string): string => arn.split('/').at(-1) || arn;
