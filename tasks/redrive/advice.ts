import { lastEventId } from '../executions/progress.ts';
import { environmentTitles } from '../turns/texts.ts';
import { approvalsStanding } from './approvals-standing.ts';
import type { RedriveCircumstances } from './circumstances.ts';
import { type DefinitionChange, definitionChange } from './definition-change.ts';
import { remedyFor } from './remedies.ts';
import { type ResumePoint, resumePoint } from './resume.ts';
import type { RunbookHeading } from './runbook-headings.ts';
import { type Taking, takingOf } from './taking.ts';
import { type TurnStanding, turnStanding } from './turn-standing.ts';
import { FULL_HISTORY, redrivableUntil, type VerdictKind, verdictOn } from './verdict.ts';

/** What a part of the advice is about, with its title. */
export const adviceTitles = {
  mend: 'Mend first',
  resumes: 'Resumes at',
  kept: 'Is kept',
  starts: 'Starts again',
  approvals: 'Approvals',
  turn: 'Turn',
  definition: 'Definition',
  history: 'History',
} as const;

/** One part of the advice. */
export interface AdvicePoint {
  readonly about: keyof typeof adviceTitles;
  readonly text: string;
  /** Where RUNBOOK.md has more. */
  readonly heading?: RunbookHeading;
  /** Whether it should make somebody think twice. */
  readonly isWarning?: true;
}

/** Whether and how to redrive an execution that has not succeeded. */
export interface RedriveAdvice {
  /** Whether a redrive would be taken, and would not end at once where it ended. */
  readonly mayRedrive: boolean;
  readonly verdict: VerdictKind;
  /** In one sentence or two: whether it may, until when; else why not, and what to do instead. */
  readonly sentence: string;
  readonly heading?: RunbookHeading;
  /** ISO 8601; of one that may be redriven. */
  readonly until?: string;
  readonly resumesAt?: { readonly state: string; readonly attempt: number };
  /** What becomes of what the state's earlier tries have started. */
  readonly taking?: Taking['kind'];
  /** In the order in which an operator goes through them. */
  readonly points: readonly AdvicePoint[];
}

/** From this part of a full history on, operators are told how much room is left. */
const NEARLY_FULL = 0.8;

const result = (state: string, { jobs, approvals }: RedriveCircumstances): string => {
  const output = jobs.findLast((job) => job.state === state && job.status === 'SUCCEEDED')?.output;
  const decider = approvals.findLast((approval) => approval.state === state)?.decidedBy?.name;
  const detail = output?.imageId ?? output?.deploymentId ?? decider;
  return detail === undefined ? state : `${state} (${detail})`;
};

const turnPoint = ({ environment, kind, by }: TurnStanding): AdvicePoint => {
  const title = environmentTitles[environment];
  const other = `commit ${by?.commitId.slice(0, 8)} (promotion ${by?.promotionId})`;
  const texts: Readonly<Record<TurnStanding['kind'], string>> = {
    has: `It has the ${title} turn.`,
    takes: `The ${title} turn is free: the redrive takes it.`,
    waits: `It waits for ${title}, after ${other}.`,
    tries: `${title} is put in order after ${other}; the state tries again for 20 minutes.`,
    taken: `${title} is taken by ${other}.`,
    changed: `QAT was pointed at the image of ${other} since.`,
    stale: `Prod runs the newer ${other}.`,
    superseded: `The newer ${other} has gone by.`,
  };
  return { about: 'turn', text: texts[kind] };
};

const listed = (names: readonly string[]): string =>
  names.length < 2 ? (names[0] ?? '') : `${names.slice(0, -1).join(', ')} and ${names.at(-1)}`;

const changeText = ({ changed, added, removed, otherwise }: DefinitionChange): string =>
  [
    changed.length > 0 ? `changed: ${listed(changed)}` : '',
    added.length > 0 ? `new: ${listed(added)}` : '',
    removed.length > 0 ? `gone: ${listed(removed)}` : '',
    changed.length + added.length + removed.length === 0 && otherwise ? 'its order or settings' : '',
  ]
    .filter(Boolean)
    .join('; ');

const definitionPoint = (before: string, now: string | undefined): AdvicePoint[] => {
  if (now === undefined) return [];
  const change = definitionChange(before, now);
  if (change === undefined)
    return [
      {
        about: 'definition',
        text: 'As it was when the promotion started. Functions run their current code.',
      },
    ];
  return [
    {
      about: 'definition',
      text: `It has changed since (${changeText(change)}). The redrive runs the old one with the functions' current code; to run the new one, push the commit again.`,
      isWarning: true,
    },
  ];
};

const approvalPoints = (circumstances: RedriveCircumstances): AdvicePoint[] =>
  approvalsStanding(circumstances.approvals, circumstances.promotion, circumstances.now)
    .filter(({ kind }) => kind === 'holds' || kind === 'broken')
    .map(({ kind, sentence }) => ({
      about: 'approvals',
      text: sentence,
      ...(kind === 'broken' ? ({ isWarning: true } as const) : {}),
    }));

const mendPoint = (circumstances: RedriveCircumstances, point: ResumePoint): AdvicePoint => {
  const { execution, promotion } = circumstances;
  if (execution?.status === 'ABORTED')
    return {
      about: 'mend',
      text: 'Somebody stopped it: ask who, and why, before it goes on.',
      heading: 'A promotion was stopped',
    };
  const { sentence, heading } = remedyFor({
    error: point.last?.error ?? execution?.error ?? promotion.error ?? '',
    cause: point.last?.cause ?? execution?.cause ?? promotion.cause ?? '',
    state: point.state,
    work: point.work,
  });
  return { about: 'mend', text: sentence, heading };
};

/** In Prod a deployment starts from a clean fleet, pointed at the promotion's image (`beforeRun` of start-job). */
const startNote = (point: ResumePoint, taking: Taking, { jobs }: RedriveCircumstances): string => {
  const isDeployment = jobs.some(({ state, kind }) => state === point.state && kind === 'pipeline-run');
  return taking.kind.startsWith('starts') && isDeployment && point.environment === 'prod'
    ? " Before that, instances that the failed deployment left behind are deleted, and Prod is pointed at the promotion's image again."
    : '';
};

const pointsOf = (
  circumstances: RedriveCircumstances,
  point: ResumePoint,
  taking: Taking,
  standing: TurnStanding | undefined,
): readonly AdvicePoint[] => {
  const { execution } = circumstances;
  const events = lastEventId(execution?.events ?? []);
  const then = point.next.length === 0 ? '' : `; then ${listed(point.next)}`;
  return [
    mendPoint(circumstances, point),
    {
      about: 'resumes',
      text: `${point.state}${point.attempt > 1 ? `, try ${point.attempt}` : ''}${then}.`,
    },
    ...(point.done.length === 0
      ? []
      : [
          {
            about: 'kept',
            text: `${point.done.map((state) => result(state, circumstances)).join(', ')}.`,
          } as const,
        ]),
    {
      about: 'starts',
      text: `${taking.sentence}${startNote(point, taking, circumstances)}`,
    },
    ...approvalPoints(circumstances),
    ...(standing === undefined ? [] : [turnPoint(standing)]),
    ...definitionPoint(execution?.definition ?? '', execution?.currentDefinition),
    ...(events < FULL_HISTORY * NEARLY_FULL
      ? []
      : [
          {
            about: 'history',
            text: `${events} of 25,000 events are used; when none is left, a push has to start another promotion.`,
            isWarning: true,
          } as const,
        ]),
  ];
};

/**
 * What an operator should know before a redrive: whether Step Functions takes one and whether it leads on (T33), where it
 * resumes (T34), what it reuses and what it starts, and what to mend first.
 * @throws DefinitionError if the execution's definition cannot be read
 */
export const redriveAdvice = (circumstances: RedriveCircumstances): RedriveAdvice => {
  const { execution, jobs, approvals, now, configurationVersion } = circumstances;
  const point = execution && resumePoint(execution, jobs, approvals);
  const standing = turnStanding(circumstances, point);
  const verdict = verdictOn(circumstances, point, standing);
  const mayRedrive = verdict.kind === 'redrivable';
  const about = {
    mayRedrive,
    verdict: verdict.kind,
    sentence: verdict.sentence,
    ...(verdict.heading === undefined ? {} : { heading: verdict.heading }),
    points: [],
  };
  // What would happen is told only of what may happen, now or later.
  if (point === undefined || !(mayRedrive || verdict.kind === 'turn-taken')) return about;
  const taking = takingOf(point, jobs, approvals, now, configurationVersion);
  return {
    ...about,
    ...(execution?.endedAt === undefined ? {} : { until: redrivableUntil(execution.endedAt).toISOString() }),
    resumesAt: { state: point.state, attempt: point.attempt },
    taking: taking.kind,
    points: pointsOf(circumstances, point, taking, standing),
  };
};
