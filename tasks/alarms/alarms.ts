/** How an alarm of CloudWatch stands. */
export interface AlarmStanding {
  readonly name: string;
  readonly state: 'OK' | 'ALARM' | 'INSUFFICIENT_DATA';
  /** Since when, ISO 8601. */
  readonly since?: string;
  /** Its description, without the link to the runbook; may be empty. */
  readonly meaning: string;
}

/** What an alarm measured around the time at which it went off. */
export interface AlarmGraph {
  readonly metric: string;
  /** For example `Sum` or `p95`. */
  readonly statistic: string;
  readonly periodSeconds: number;
  readonly threshold: number;
  readonly comparison: '>' | '≥' | '<' | '≤';
  /** Periods that have a value, oldest first, at most `MOST_POINTS`; `at` is when the period began, ISO 8601. */
  readonly points: readonly { readonly at: string; readonly value: number }[];
}

/** An alarm that stopped a deployment, as it is kept with the deployment's job. */
export interface FiredAlarm extends Pick<AlarmStanding, 'name' | 'since' | 'meaning'> {
  /** Only of alarms about one metric. */
  readonly graph?: AlarmGraph;
}

/** CloudWatch's alarms, as far as deployments to Prod need them. */
export interface Alarms {
  /** How they stand; one that does not exist is left out. */
  readonly standings: (names: readonly string[]) => Promise<readonly AlarmStanding[]>;
  /** Them, with what they measured until then. @param from when the deployment began */
  readonly fired: (names: readonly string[], from: Date, to: Date) => Promise<readonly FiredAlarm[]>;
}

/** Those that are on. */
export const alarmsOn = (standings: readonly AlarmStanding[]): readonly AlarmStanding[] =>
  standings.filter(({ state }) => state === 'ALARM');

/** Points that a graph keeps: a record of the ledger has room for a few such graphs. */
export const MOST_POINTS = 60;
/** So many periods are shown before the deployment was stopped, even if it began later. */
const LEAST_PERIODS = 12;

/** The time that a graph covers, in whole periods. @param from when the deployment began @param to when it was stopped */
export function graphWindow(
  periodSeconds: number,
  from: Date,
  to: Date,
): { readonly start: Date; readonly end: Date } {
  const period = periodSeconds * 1000;
  const end = (Math.floor(to.getTime() / period) + 1) * period;
  const began = Math.floor(from.getTime() / period) * period;
  const start = Math.max(end - MOST_POINTS * period, Math.min(began, end - LEAST_PERIODS * period));
  return { start: new Date(start), end: new Date(end) };
}

/** The description of an alarm without the link that Lockstep's end with. */
export const meaningOf = (description = ''): string => description.replace(/\s*See \S+#\S+$/, '').trim();
