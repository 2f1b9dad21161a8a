import { sinceText } from '../tasks/alarms/alarm-text.ts';
import { heldText } from '../tasks/calendar/hold-rules.ts';
import { DRIFT_HEADING, REMEDY } from '../tasks/drift/status-text.ts';
import { markText } from '../tasks/marks/mark-rules.ts';
import type { Environment } from '../tasks/payloads.ts';
import type { LiveApplication, LiveEnvironment } from '../tasks/promotions/live-table.ts';
import type { ReleaseHistory } from '../tasks/promotions/read-live.ts';
import type { Release } from '../tasks/promotions/releases.ts';
import { runbookText } from '../tasks/redrive/advice-text.ts';
import { approverRoles, environmentTitles, listed, roleTitles, shortCommit } from '../tasks/words.ts';
import { cut, printable, table, time } from './format.ts';

/** Who approved a release, by role. */
export const approvers = ({ approvedBy }: Release): string =>
  approverRoles
    .filter((role) => approvedBy[role].length > 0)
    .map((role) => `${listed(approvedBy[role].map(printable))} (${roleTitles[role]})`)
    .join(', ');

/** A commit with the beginning of its message. */
export const nameOf = ({ commitId, commitMessage }: Pick<Release, 'commitId' | 'commitMessage'>): string =>
  `${shortCommit(commitId)} ${cut(printable(commitMessage), 60)}`.trim();

const statusLines = (
  environment: Environment,
  status: LiveEnvironment['status'],
  drift: LiveEnvironment['drift'],
): readonly string[] => [
  ...(status?.alarms ?? []).map((alarm) =>
    `Alarm ${printable(alarm.name)} is on${sinceText(alarm)}. ${printable(alarm.meaning)}`.trim(),
  ),
  ...drift.map(({ instanceId, drift: differences }) => `Drift: ${instanceId} ${listed(differences)}.`),
  ...(drift.length === 0 ? [] : [`${REMEDY[environment]} See ${runbookText(DRIFT_HEADING)}.`]),
  ...(status?.unread ?? []).map((sentence) => `Not read: ${printable(sentence)}`),
];

const environmentText = (
  application: string,
  { environment, release, known, lock, status, drift }: LiveEnvironment,
): readonly string[] => {
  const name = `${environmentTitles[environment]} of ${printable(application)}`;
  const { holder, waiting = [] } = lock ?? {};
  const details = release && [
    ['Since', time(release.deployedAt)],
    ['Promotion', release.promotionId],
    [
      'Image',
      `${release.images[environment] ?? 'not known'}${release.imageBuiltAt === undefined ? '' : `, built ${time(release.imageBuiltAt)}`}`,
    ],
    ['Deployment', release.deploymentId],
    ...(approvers(release) === '' ? [] : [['Approved by', approvers(release)]]),
  ];
  const lockText =
    holder === undefined ? 'free' : `${shortCommit(holder.commitId)} (${holder.promotionId}) ${holder.doing}`;
  const rows = [
    ...(details ?? []),
    ...(lock?.frozen === undefined ? [] : [['Freeze', printable(heldText(lock.frozen))]]),
    ['Lock', waiting.length === 0 ? lockText : `${lockText}; ${waiting.length} waiting`],
  ];
  return [
    release === undefined ? `${name}:` : `${name} runs ${nameOf(release)}`,
    ...(release?.bad ? [`  Bad: ${printable(markText(release, release.bad))}`] : []),
    `  ${known}`,
    table(rows).replace(/^/gm, '  '),
    ...statusLines(environment, status, drift).map((line) => `  ${line}`),
  ];
};

/** What runs where, and what comes next. */
export const liveText = (applications: readonly LiveApplication[]): string =>
  applications.length === 0
    ? 'No application is deployed.'
    : applications
        .flatMap(({ application, environments, next }) => [
          ...environments.map((one) => environmentText(application, one).join('\n')),
          [
            `In progress of ${printable(application)}: ${next.length === 0 ? 'nothing' : ''}`.trim(),
            ...next.map(
              ({ promotion, whereabouts }) =>
                `  ${promotion.goBack ? 'Go-back to ' : ''}${nameOf(promotion)} (${promotion.promotionId}) is ${whereabouts.text}`,
            ),
          ].join('\n'),
        ])
        .join('\n\n');

/** What each environment of an application ran. */
export const releasesText = (histories: readonly ReleaseHistory[]): string =>
  histories
    .map(({ application, environment, releases, inProgress, lookedBackTo }) =>
      [
        `${environmentTitles[environment]} of ${printable(application)}${releases.length === 0 ? ': no promotion was deployed' : ''}`,
        ...(releases.length === 0
          ? []
          : [
              table([
                ['FROM', 'TO', 'COMMIT', 'IMAGE', 'STATUS', 'APPROVED BY', 'PROMOTION'],
                ...releases.map((release) => [
                  time(release.deployedAt),
                  time(release.replacedAt),
                  `${nameOf(release)}${release.bad ? ' (bad)' : ''}`,
                  release.images[environment] ?? '',
                  inProgress[release.promotionId]?.text ?? release.status,
                  approvers(release),
                  release.promotionId,
                ]),
              ]),
            ]),
        ...(lookedBackTo === undefined
          ? []
          : [`Promotions that started before ${time(lookedBackTo)} were not looked at.`]),
      ].join('\n'),
    )
    .join('\n\n');
