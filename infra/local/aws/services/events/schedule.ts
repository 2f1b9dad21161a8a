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
 * @throws Error for anything else; `L`, `W` and `#` of cron are not known here
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
  return { kind: 'cron', next: compileCron(fields, expression) };
};

const MONTHS = ['JAN', 'FEB', 'MAR', 'APR', 'MAY', 'JUN', 'JUL', 'AUG', 'SEP', 'OCT', 'NOV', 'DEC'];
const WEEKDAYS = ['SUN', 'MON', 'TUE', 'WED', 'THU', 'FRI', 'SAT'];
/** How far ahead a cron expression is looked up; leap days come within eight years. */
const FURTHEST_DAYS = 366 * 9;

const compileCron = (fields: readonly string[], expression: string) => {
  const read = (index: number, low: number, high: number, names: readonly string[] = []) =>
    parseField(fields[index] ?? '', low, high, names, expression);
  const minutes = read(0, 0, 59);
  const hours = read(1, 0, 23);
  const days = read(2, 1, 31);
  const months = read(3, 1, 12, MONTHS);
  const weekdays = read(4, 1, 7, WEEKDAYS);
  const years = read(5, 1970, 2199);
  if ((fields[2] === '?') === (fields[4] === '?'))
    throw new Error(`${expression} must have "?" for exactly one of day of month and day of week.`);

  return (from: number): number | undefined => {
    const start = (Math.floor(from / MINUTE_MS) + 1) * MINUTE_MS;
    const first = new Date(start);
    for (let offset = 0; offset < FURTHEST_DAYS; offset++) {
      const day = new Date(
        Date.UTC(first.getUTCFullYear(), first.getUTCMonth(), first.getUTCDate() + offset),
      );
      const fits =
        years.has(day.getUTCFullYear()) &&
        months.has(day.getUTCMonth() + 1) &&
        days.has(day.getUTCDate()) &&
        weekdays.has(day.getUTCDay() + 1);
      if (!fits) continue;
      for (const hour of hours)
        for (const minute of minutes) {
          const moment = day.getTime() + (hour * 60 + minute) * MINUTE_MS;
          if (moment >= start) return moment;
        }
    }
    return undefined;
  };
};

/** The values that one field of a cron expression allows, ascending. */
const parseField = (
  field: string,
  low: number,
  high: number,
  names: readonly string[],
  expression: string,
): ReadonlySet<number> => {
  const invalid = () =>
    new Error(
      `${expression}: "${field}" is not understood; use numbers ${low} to ${high}, lists, ranges, steps, * or ?.`,
    );
  const number = (text: string) => {
    const named = names.indexOf(text.toUpperCase());
    const value = named >= 0 ? named + low : Number(text);
    if (text === '' || !Number.isInteger(value) || value < low || value > high) throw invalid();
    return value;
  };
  const values = new Set<number>();
  for (const part of field.split(',')) {
    const [range = '', stepText, ...rest] = part.split('/');
    const step = stepText === undefined ? 1 : Number(stepText);
    if (rest.length > 0 || !Number.isInteger(step) || step < 1) throw invalid();
    const isAny = range === '*' || range === '?';
    const [fromText = '', toText, ...more] = range.split('-');
    if (more.length > 0) throw invalid();
    const from = isAny ? low : number(fromText);
    const to = isAny || (toText === undefined && stepText !== undefined) ? high : number(toText ?? fromText);
    if (from > to) throw invalid();
    for (let value = from; value <= to; value += step) values.add(value);
  }
  return new Set([...values].sort((one, other) => one - other));
};
