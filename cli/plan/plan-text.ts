import { moneyText } from '../../tasks/prices/cost-line.ts';
import { environmentTitles, listed, roleTitles, shortCommit, utcTime } from '../../tasks/words.ts';
import { cut, printable, table } from '../format.ts';
import type { Range } from './expected.ts';
import type { Gate } from './gates.ts';
import type { Plan } from './plan.ts';

/** Minutes as people say them: `12 s`, `4 min`, `2.5 h`. */
const timeText = (minutes: number): string => {
  if (minutes < 1) return `${Math.round(minutes * 60)} s`;
  if (minutes < 120) return `${Math.round(minutes)} min`;
  return `${Number((minutes / 60).toFixed(1))} h`;
};

const rangeText = ({ least, median, most }: Range, text: (value: number) => string): string =>
  text(least) === text(most) ? text(median) : `${text(median)} (${text(least)} to ${text(most)})`;

const fromText = (promotions: number): string =>
  promotions === 1 ? 'as the last promotion' : `as the last ${promotions} promotions`;

const gateRows = ({ role, count, mayDecide, mayNot = [], shortage }: Gate): string[][] => [
  [
    roleTitles[role],
    `${count} must approve; ${
      mayDecide === undefined
        ? 'who may is not known'
        : mayDecide.length === 0
          ? 'nobody may'
          : `${listed(mayDecide.map(printable))} may`
    }`,
  ],
  ...mayNot.map(({ why }) => ['', `not: ${printable(why)}`]),
  ...(shortage === undefined ? [] : [['', printable(shortage)]]),
];

const changeText = ({ commitCount, fileCount }: NonNullable<Plan['change']>): string =>
  [
    commitCount === 1 ? '1 commit' : `${commitCount} commits`,
    ...(fileCount === undefined
      ? []
      : [`files: ${fileCount.added} added, ${fileCount.changed} changed, ${fileCount.removed} removed`]),
  ].join('; ');

const rowsOf = (title: string, lines: readonly string[]): string[][] =>
  lines.map((line, index) => [index === 0 ? title : '', printable(line)]);

/** Ends of what does not begin. */
const endsWithoutState: Readonly<Record<string, string>> = {
  NotStarted: 'no promotion of it would begin',
  Recalled: 'it is Recalled: no promotion of it would begin',
  InProgress: 'it is in progress',
  Unknown: 'its end is not known',
};

const endText = ({ name, state }: Plan['end']): string => {
  if (name === 'Promoted') return 'it ends as Promoted, if everybody approves and nothing else fails';
  return state === undefined ? (endsWithoutState[name] ?? name) : `it ends with ${name} at ${state}`;
};

/** A plan for people. */
export function planText(plan: Plan): string {
  const { application, commitId, title = '', at, begins, end, time, cost } = plan;
  const rows = [
    ...(plan.change ? [['Change', changeText(plan.change)]] : []),
    ...rowsOf(
      'States',
      plan.states.length === 0 ? [] : [plan.states.filter((state) => !state.endsWith('?')).join(' → ')],
    ),
    ...plan.locks.map(({ environment, text }) => [`${environmentTitles[environment]} lock`, printable(text)]),
    ...rowsOf('Freezes', plan.freezes),
    ...plan.gates.flatMap(gateRows),
    ...plan.builds.map(({ state, text }) => [state, text]),
    ...rowsOf(
      'Image',
      plan.imageChanges?.length === 0
        ? ['is made as the one that Prod runs; packages may be newer.']
        : (plan.imageChanges ?? []),
    ),
    ...rowsOf('Configuration', plan.configurationChange === undefined ? [] : [plan.configurationChange]),
    ...(time
      ? [
          [
            'Time',
            `${rangeText(time.jobs, timeText)} for jobs, ${rangeText(time.approvals, timeText)} for approvals, ${fromText(time.promotions)}`,
          ],
          ...time.states.map((one) => ['', `${one.state}: ${rangeText(one, timeText)}`]),
        ]
      : []),
    ...(cost
      ? [
          [
            'Cost',
            `${rangeText(cost, (value) => moneyText(value, cost.currency))}, ${fromText(cost.promotions)}, by list prices`,
          ],
        ]
      : []),
    ...rowsOf('Look at', plan.warnings),
    ...rowsOf('Not known', plan.unknown),
  ];
  return [
    `${shortCommit(commitId)} of ${application}${title === '' ? '' : `: ${cut(printable(title), 80)}`}`,
    `As of ${utcTime(at)}, ${endText(end)}. ${printable(end.because)}`,
    ...(begins === undefined ? [] : [begins]),
    ...(rows.length === 0 ? [] : ['', table(rows)]),
  ].join('\n');
}
