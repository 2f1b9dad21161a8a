import { Cron } from 'croner';

/** When a scheduled rule fires. */
interface Schedule {
  /** `rate` counts from a start, `cron` follows the calendar (UTC). */
  readonly kind: 'rate' | 'cron';
  /** The first moment after `from` (both in ms), `undefined` when there is none any more. */
  readonly next: (from: number) => number | undefined;
}

const MINUTE_MS = 60_000;
const UNITS: Readonly<Record<string, number>> = {
  minute: MINUTE_MS,
  hour: 60 * MINUTE_MS,
  day: 24 * 60 * MINUTE_MS,
};

/**
 * Reads `rate(5 minutes)` or `cron(0 12 ? * MON-FRI *)`.
 * @see https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-scheduled-rule-pattern.html
 * @throws Error for anything else
 */
export const parseSchedule = (expression: string): Schedule => {
  const rate = /^rate\((\d+) (minute|hour|day)(s?)\)$/.exec(expression);
  if (rate) {
    const count = Number(rate[1]);
    if (count < 1 || (count === 1) !== (rate[3] === ''))
      throw new Error(`${expression} must be at least 1, singular for 1 and plural otherwise.`);
    const interval = count * (UNITS[rate[2] ?? ''] ?? MINUTE_MS);
    return { kind: 'rate', next: (from) => from + interval };
  }
  const cron = /^cron\((.+)\)$/.exec(expression);
  const fields = cron?.[1]?.trim().split(/\s+/) ?? [];
  if (fields.length !== 6)
    throw new Error(
      `${JSON.stringify(expression)} is no schedule; write rate(5 minutes) or cron(minutes hours day month weekday year).`,
    );
  if ((fields[2] === '?') === (fields[4] === '?'))
    throw new Error(`${expression} must have "?" for exactly one of day of month and day of week.`);
  // EventBridge has no seconds, counts weekdays from SUN = 1 and takes steps from a number (0/15).
  const pattern = new Cron(`0 ${fields.join(' ')}`, {
    mode: '7-part',
    timezone: 'UTC',
    alternativeWeekdays: true,
    sloppyRanges: true,
  });
  return { kind: 'cron', next: (from) => pattern.nextRun(new Date(from))?.getTime() };
};
