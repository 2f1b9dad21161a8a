import { utcTime } from '../words.ts';
import type { AlarmGraph, AlarmStanding, FiredAlarm } from './alarms.ts';

/** A value for people: three digits are enough to compare with a threshold. */
export const shortNumber = (value: number): string => String(Number(value.toPrecision(3)));

const periodText = (seconds: number): string =>
  seconds % 60 === 0 ? (seconds === 60 ? 'a minute' : `${seconds / 60} minutes`) : `${seconds} s`;

/** The highest value, or the lowest of an alarm that goes off below its threshold. */
function worst({ points, comparison }: AlarmGraph): AlarmGraph['points'][number] | undefined {
  const sign = comparison === '<' || comparison === '≤' ? -1 : 1;
  return points.reduce<AlarmGraph['points'][number] | undefined>(
    (found, point) => (found !== undefined && found.value * sign >= point.value * sign ? found : point),
    undefined,
  );
}

/** What is measured and when the alarm goes off: `Sum of HTTPCode_Target_5XX_Count in 5 minutes, alarm at ≥ 10`. */
export const graphTitle = ({ metric, statistic, periodSeconds, comparison, threshold }: AlarmGraph): string =>
  `${statistic} of ${metric} in ${periodText(periodSeconds)}, alarm at ${comparison} ${shortNumber(threshold)}`;

/** What a graph shows, in words. */
export function graphText(graph: AlarmGraph): string {
  const { points, comparison } = graph;
  const found = worst(graph);
  if (found === undefined) return `${graphTitle(graph)}. CloudWatch had no values.`;
  const extreme = comparison === '<' || comparison === '≤' ? 'Lowest' : 'Highest';
  const count = points.length === 1 ? 'one value' : `${points.length} values`;
  return `${graphTitle(graph)}. ${extreme} of ${count}: ${shortNumber(found.value)}, ${utcTime(found.at)}.`;
}

/** `since 29 Nov 2026, 10:10 UTC`, if it is known. */
export const sinceText = ({ since }: Pick<AlarmStanding, 'since'>): string =>
  since === undefined ? '' : ` since ${utcTime(since)}`;

/** An alarm that stopped a deployment, for its cause: what it is, what it means, and what it measured. */
export const firedAlarmLines = ({ name, since, meaning, graph }: FiredAlarm): readonly string[] => [
  `The alarm ${name} went off${since === undefined ? '' : `, ${utcTime(since)}`}${meaning === '' ? '.' : `: ${meaning}`}`,
  ...(graph === undefined ? [] : [`  ${graphText(graph)}`]),
];
