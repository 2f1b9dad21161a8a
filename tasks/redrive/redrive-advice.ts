import { decidersText, isDecided } from '../approvals/decisions.ts';
import { type Held, heldText } from '../calendar/hold-rules.ts';
import { lastEventId } from '../executions/progress.ts';
import { environmentTitles, listed, promotionName } from '../words.ts';
import { approvalStates } from './approval-states.ts';
import { type DefinitionChange, definitionChange } from './definition-change.ts';
import { type LockOutlook, lockOutlook } from './lock-outlook.ts';
import type { RedriveContext } from './redrive-context.ts';
import { remedyFor } from './remedies.ts';
import { type ResumePoint, resumePoint } from './resume-point.ts';
import { type ResumedWork, resumedWorkOf } from './resumed-work.ts';
import type { RunbookHeading } from './runbook-headings.ts';
import { FULL_HISTORY, redrivableUntil, type VerdictKind, verdictOn } from './verdict.ts';

/** What a part of the advice is about, with its title. */
export const adviceTitles = {
  fix: 'Fix first',
  resumes: 'Resumes at',
  kept: 'Is kept',
  starts: 'Starts again',
  approvals: 'Approvals',
  lock: 'Lock',
  definition: 'Definition',
  history: 'History',
} as const;

/** One part of the advice. */
export interface AdvicePoint {
  readonly about: keyof typeof adviceTitles;
  readonly text: string;
  /** Where RUNBOOK.md has more. */
  readonly heading?: RunbookHeading;
  /** Whether it is a warning. */
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
  /** What the redrive does with what earlier attempts of the state have started. */
  readonly taking?: ResumedWork['kind'];
  /** In the order in which an operator goes through them. */
  readonly points: readonly AdvicePoint[];
  /** If a redrive would fail or wait for the calendar: what holds. */
  readonly frozen?: Held;
}

/** From this part of a full history on, the advice warns. */
const NEARLY_FULL = 0.8;

const result = (state: string, { jobs, approvals }: RedriveContext): string => {
  const output = jobs.findLast((job) => job.state === state && job.status === 'SUCCEEDED')?.output;
  const asked = approvals.findLast((approval) => approval.state === state);
  const decider = asked && isDecided(asked) ? decidersText(asked) : undefined;
  const detail = output?.imageId ?? output?.deploymentId ?? decider;
  return detail === undefined ? state : `${state} (${detail})`;
};

const lockPoint = ({ environment, kind, by, held }: LockOutlook): AdvicePoint => {
  const title = environmentTitles[environment];
  const other = by === undefined ? 'another promotion' : promotionName(by);
  const texts: Readonly<Record<LockOutlook['kind'], string>> = {
    holds: `This promotion holds the ${title} lock.`,
    acquires: `The ${title} lock is free. The redrive acquires it.`,
    waits:
      held === undefined
        ? `The redrive waits for the ${title} lock, behind ${other}.`
        : `The redrive waits in the queue of ${title}. ${heldText(held)}.`,
    retries: `${title} is being restored after ${other}. Step Functions retries the state for 20 minutes.`,
    locked: `${title} is locked by ${other}.`,
    frozen: held === undefined ? `${title} is frozen.` : `${title}: ${heldText(held)}.`,
    changed: `QAT now runs the image of ${other}.`,
    stale: `Prod runs the newer ${other}.`,
    superseded: `The newer ${other} supersedes it.`,
  };
  return { about: 'lock', text: texts[kind] };
};

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
        text: 'Unchanged since the promotion started. Functions run their current code.',
      },
    ];
  return [
    {
      about: 'definition',
      text: `It has changed since the promotion started (${changeText(change)}). The redrive runs the old definition with the functions' current code. To run the new definition, push the commit again.`,
      isWarning: true,
    },
  ];
};

/** States of approvals that succeeded although the ledger has no approval: their tasks were completed past the rules. */
const forgedIn = ({ doneApprovals }: ResumePoint, { approvals }: RedriveContext): readonly string[] =>
  doneApprovals
    .filter(
      ({ role, state }) =>
        approvals.findLast((one) => one.role === role && one.state === state)?.status !== 'APPROVED',
    )
    .map(({ state }) => state);

const approvalPoints = (context: RedriveContext, point: ResumePoint): AdvicePoint[] => {
  const forged = forgedIn(point, context);
  return approvalStates(context.approvals, context.promotion, context.jobs, context.now).flatMap(
    ({ kind, role, sentence }): AdvicePoint[] => {
      const state = point.doneApprovals.find((one) => one.role === role && forged.includes(one.state))?.state;
      if (state !== undefined)
        return [
          {
            about: 'approvals',
            text: `${state} succeeded, but the ledger has no approval: ${sentence} Somebody completed the task past the approvals site. Find out who did.`,
            heading: 'Confirm approvers, Confirm image approvers',
            isWarning: true,
          },
        ];
      if (kind !== 'holds' && kind !== 'broken') return [];
      return [
        { about: 'approvals', text: sentence, ...(kind === 'broken' ? ({ isWarning: true } as const) : {}) },
      ];
    },
  );
};

const fixPoint = (context: RedriveContext, point: ResumePoint): AdvicePoint => {
  const { execution, promotion } = context;
  if (execution?.status === 'ABORTED')
    return {
      about: 'fix',
      text:
        execution.stopped === undefined
          ? 'Somebody stopped this promotion. Find out who and why before you redrive it.'
          : `${execution.stopped.by} stopped this promotion: ${execution.stopped.reason}`,
      heading: 'A promotion was stopped',
    };
  const { sentence, heading } = remedyFor({
    error: point.last?.error ?? execution?.error ?? promotion.error ?? '',
    code: point.last?.code ?? execution?.code,
    state: point.state,
    work: point.work,
  });
  return { about: 'fix', text: sentence, heading };
};

/** In Prod a deployment starts from a clean fleet, pointed at the promotion's image (`beforeRun` of start-job). */
const startNote = (point: ResumePoint, taking: ResumedWork, { jobs }: RedriveContext): string => {
  const isDeployment = jobs.some(({ state, kind }) => state === point.state && kind === 'pipeline-run');
  return taking.kind.startsWith('starts') && isDeployment && point.environment === 'prod'
    ? " Before that, it deletes the instances that the failed deployment left behind and points Prod at the promotion's image again."
    : '';
};

const pointsOf = (
  context: RedriveContext,
  point: ResumePoint,
  taking: ResumedWork,
  outlook: LockOutlook | undefined,
): readonly AdvicePoint[] => {
  const { execution } = context;
  const events = lastEventId(execution?.events ?? []);
  const forged = forgedIn(point, context);
  const kept = point.done.filter((state) => !forged.includes(state));
  const then = point.next.length === 0 ? '' : `; then ${listed(point.next)}`;
  return [
    fixPoint(context, point),
    {
      about: 'resumes',
      text: `${point.state}${point.attempt > 1 ? `, attempt ${point.attempt}` : ''}${then}.`,
    },
    ...(kept.length === 0
      ? []
      : [
          {
            about: 'kept',
            text: `${kept.map((state) => result(state, context)).join(', ')}.`,
          } as const,
        ]),
    {
      about: 'starts',
      text: `${taking.sentence}${startNote(point, taking, context)}`,
    },
    ...approvalPoints(context, point),
    ...(outlook === undefined ? [] : [lockPoint(outlook)]),
    ...definitionPoint(execution?.definition ?? '', execution?.currentDefinition),
    ...(events < FULL_HISTORY * NEARLY_FULL
      ? []
      : [
          {
            about: 'history',
            text: `${events} of 25,000 events are used. When none is left, push again to start another promotion.`,
            isWarning: true,
          } as const,
        ]),
  ];
};

/**
 * What an operator should know before a redrive: whether Step Functions allows one and whether it gets further (T33), where it
 * resumes (T34), what it reuses and what it starts, and what to fix first.
 * @throws DefinitionError if the execution's definition cannot be read
 */
export function redriveAdvice(context: RedriveContext): RedriveAdvice {
  const { promotion, execution, jobs, approvals, now, configurationVersion } = context;
  const goesBack = promotion.goBack !== undefined;
  const point = execution && resumePoint(execution, jobs, approvals, goesBack);
  const outlook = lockOutlook(context, point);
  const verdict = verdictOn(context, point, outlook);
  const mayRedrive = verdict.kind === 'redrivable';
  const about = {
    mayRedrive,
    verdict: verdict.kind,
    sentence: verdict.sentence,
    ...(verdict.heading === undefined ? {} : { heading: verdict.heading }),
    ...(outlook?.held && { frozen: outlook.held }),
    points: [],
  };
  // A redrive that is not possible has no consequences to list.
  if (
    point === undefined ||
    !(mayRedrive || verdict.kind === 'environment-locked' || verdict.kind === 'environment-frozen')
  )
    return about;
  const taking = resumedWorkOf(point, jobs, approvals, now, configurationVersion);
  return {
    ...about,
    ...(execution?.endedAt === undefined ? {} : { until: redrivableUntil(execution.endedAt).toISOString() }),
    resumesAt: { state: point.state, attempt: point.attempt },
    taking: taking.kind,
    points: pointsOf(context, point, taking, outlook),
  };
}
