import { isDecided } from '../approvals/decisions.ts';
import type { Override } from '../calendar/override.ts';
import { fitCause } from '../failure-cause.ts';
import { parsedJson } from '../json.ts';
import type { Approval, Denial, Job, Promotion, PromotionStatus } from '../ledger/items.ts';
import type { BadMark } from '../marks/bad-mark.ts';
import { subjectOf } from '../marks/bad-subject.ts';
import type { GoBack } from '../payloads.ts';
import type { SecretScan } from '../secret-scan/secret-scan.ts';
import type { Acceptance } from '../vulnerabilities/acceptance.ts';
import type { Actor, Fact } from './chain.ts';

/** Characters of a cause that the record keeps; the ledger and Step Functions hold all of it. */
const MAX_CAUSE = 4000;

const lockstep: Actor = { type: 'lockstep' };
const shortened = (cause: string | undefined) =>
  cause === undefined ? undefined : fitCause(cause, MAX_CAUSE);

/** The event of a push asked for the promotion. Who pushed is what it claims, until the provider's record confirms it. */
export const pushEvent = (promotion: Promotion): Fact => ({
  key: 'start',
  kind: 'push-event',
  at: promotion.startedAt,
  actor: lockstep,
  what: {
    application: promotion.application,
    branch: promotion.branch,
    commitId: promotion.commitId,
    commitMessage: promotion.commitMessage,
    commitAuthor: promotion.commitAuthor,
    commitAuthorEmail: promotion.commitAuthorEmail,
    executionArn: promotion.executionArn,
    claimedPushedBy: promotion.pushedBy,
  },
});

/** The provider of the repository has recorded the push. */
const pushOf = ({ candidate, review: { push } }: Approval): readonly Fact[] =>
  push === undefined
    ? []
    : [
        {
          key: 'push',
          kind: 'push',
          at: push.pushedAt,
          actor: { type: 'identity', arn: push.pushedBy },
          what: { application: candidate.application, branch: candidate.branch, commitId: push.commitId },
        },
      ];

/** Somebody started the execution past the push; who did is in CloudTrail, the rest is what the input claims. */
export function startedByHand(promotion: Promotion): Fact {
  const { application, branch, commitId, executionArn, pushedBy } = promotion;
  return {
    key: 'start',
    kind: 'started-by-hand',
    at: promotion.startedAt,
    actor: { type: 'identity', arn: 'unknown' },
    what: { application, branch, commitId, executionArn, claimedPushedBy: pushedBy },
  };
}

/** An operator asked to go back to an earlier release. */
export function goBackAsked(promotion: Promotion, goBack: GoBack): Fact {
  const { application, branch, commitId, commitMessage, executionArn } = promotion;
  const { askedBy, ...what } = goBack;
  return {
    key: 'start',
    kind: 'go-back',
    at: promotion.startedAt,
    actor: askedBy,
    what: { application, branch, commitId, commitMessage, executionArn, ...what },
  };
}

/** How a promotion began that is added to the ledger: by the event of a push, or by an operator. */
export const beginning = (promotion: Promotion): Fact =>
  promotion.goBack === undefined ? pushEvent(promotion) : goBackAsked(promotion, promotion.goBack);

/** What somebody had accepted, that the gate had stopped an image for otherwise. */
const acceptedFindings = ({ state, attempt, output }: Job): readonly Fact[] =>
  output?.accepted === undefined
    ? []
    : (parsedJson(output.accepted) as readonly Omit<Acceptance, 'application'>[]).map(
        ({ vulnerabilityId, by, at, until, reason }) => ({
          key: `finding-accepted#${state}#${attempt}#${vulnerabilityId}`,
          kind: 'finding-accepted',
          at,
          actor: by,
          what: { state, attempt, vulnerabilityId, until, reason },
        }),
      );

/** What a job's record shows to have happened: its start, and its end. */
export function jobFacts(job: Job): readonly Fact[] {
  const { state, attempt, kind, externalId, alarmsLeftOut, sentBack, soakEnded, imageChoice } = job;
  const about = { state, attempt, job: kind, externalId };
  const place = `${state}#${attempt}`;
  const started: Fact = {
    key: `job-started#${place}`,
    kind: 'job-started',
    at: job.startedAt,
    actor: lockstep,
    what: {
      ...about,
      parameters: job.parameters,
      ...(alarmsLeftOut && { alarmsLeftOut }),
      ...(imageChoice && { imageChoice: { ...imageChoice } }),
    },
  };
  const ended: Fact = {
    key: `job-ended#${place}`,
    kind: 'job-ended',
    at: job.endedAt ?? job.startedAt,
    actor: lockstep,
    what: { ...about, status: job.status, output: job.output, error: job.error, cause: shortened(job.cause) },
  };
  const asked: readonly Fact[] = [
    ...(sentBack === undefined
      ? []
      : [
          {
            key: `send-back-asked#${place}`,
            kind: 'send-back-asked' as const,
            at: sentBack.at,
            actor: sentBack.askedBy,
            what: { ...about, reason: sentBack.reason },
          },
        ]),
    ...(soakEnded === undefined
      ? []
      : [
          {
            key: `end-soak-asked#${place}`,
            kind: 'end-soak-asked' as const,
            at: soakEnded.at,
            actor: soakEnded.askedBy,
            what: about,
          },
        ]),
  ];
  const hasEnded = job.status === 'SUCCEEDED' || job.status === 'FAILED';
  return [
    ...(externalId === undefined ? [] : [started]),
    ...asked,
    ...acceptedFindings(job),
    ...(hasEnded ? [ended] : []),
  ];
}

/** Who made the change, as the request knew it, and how: who may not decide follows from it. */
const makersOf = ({ candidate, review }: Approval) => ({
  /** Everybody, each with a commit or push that says so. */
  people: review.makers.map(({ because, ...maker }) => ({
    ...maker,
    because: because.map((reason) => ({ ...reason })),
  })),
  commits: review.commits.map(({ commitId }) => commitId),
  commitCount: review.commitCount,
  ...(review.live && { since: review.live.commitId }),
  pusher: candidate.pushedBy,
  /** Whether the repository's provider has recorded the push; otherwise the event alone says who pushed. */
  pusherConfirmed: review.push !== undefined,
  notRead: review.gaps,
});

/**
 * What an approval's record shows to have happened: the request, each decision, and what closed it without one.
 * @param noticedAt when it was seen closed, ISO 8601: a record that is closed early has no such time
 */
export function approvalFacts(approval: Approval, noticedAt: string): readonly Fact[] {
  const { role, attempt, state, candidate, digest, status, count } = approval;
  const { withdrawnBecause: because, supersededBy } = approval;
  // The digest binds request and decisions to what was shown, test report and configuration included.
  const about = { role, attempt, state, candidate: { ...candidate }, digest };
  const place = `${role}#${attempt}`;
  const requested: Fact = {
    key: `approval-requested#${place}`,
    kind: 'approval-requested',
    at: approval.requestedAt,
    actor: lockstep,
    what: { ...about, count, expiresAt: approval.expiresAt, makers: makersOf(approval) },
  };
  const decisions = approval.decisions.map(
    (
      { decision, person: { subject, name, verifiedEmail }, at, signedInAt, comment, notBefore, absence },
      index,
    ): Fact => ({
      key: `decision#${place}#${index + 1}`,
      kind: 'decision',
      at,
      actor: { type: 'person', subject, name, verifiedEmail },
      what: {
        ...about,
        decision,
        comment,
        signedInAt,
        ...(notBefore !== undefined && { notBefore }),
        ...(absence && { for: { ...absence, absent: { ...absence.absent } } }),
      },
    }),
  );
  if (status === 'PENDING' || isDecided(approval)) return [...pushOf(approval), requested, ...decisions];
  const closed: Fact = {
    key: `approval-closed#${place}`,
    kind: 'approval-closed',
    at: status === 'EXPIRED' ? approval.expiresAt : noticedAt,
    actor: lockstep,
    what: { ...about, status, because, supersededBy: supersededBy && { ...supersededBy } },
  };
  return [...pushOf(approval), requested, ...decisions, closed];
}

/** The numbers of attempts that the record notes: 1, 10, 100, …, so that nobody makes it long. */
const recordedCounts = (most: number): readonly number[] =>
  Array.from({ length: String(most).length }, (_, digits) => 10 ** digits);

/** Whether the record notes that there were so many attempts. */
export const isRecordedCount = (count: number): boolean => recordedCounts(count).includes(count);

/** A rule denied one person's attempts to decide, for one reason: the first, and how their number grew. */
export const denialFacts = ({ role, person, reason, at, lastAt, count }: Denial): readonly Fact[] =>
  recordedCounts(count).map((attempts) => ({
    key: `denial#${at}#${role}#${person.subject}#${reason}#${attempts}`,
    kind: 'denial',
    at: attempts === 1 ? at : lastAt,
    actor: {
      type: 'person',
      subject: person.subject,
      name: person.name,
      verifiedEmail: person.verifiedEmail,
    },
    what: { role, reason, attempts },
  }));

/** An operator asked that the promotion goes on during a freeze; an approver confirmed or declined it. */
export function overrideFacts(override: Override): readonly Fact[] {
  const { environment, attempt, reason, holds, askedBy, askedAt, decision } = override;
  const about = { environment, attempt, holds: holds.map((hold) => ({ ...hold })) };
  const asked: Fact = {
    key: `override-asked#${attempt}`,
    kind: 'override-asked',
    at: askedAt,
    actor: { type: 'person', ...askedBy },
    what: { ...about, reason },
  };
  if (decision === undefined) return [asked];
  const { person, at, absence, ...decided } = decision;
  return [
    asked,
    {
      key: `override-decided#${attempt}`,
      kind: 'override-decided',
      at,
      actor: { type: 'person', ...person },
      what: { ...about, ...decided, ...(absence && { for: { ...absence, absent: { ...absence.absent } } }) },
    },
  ];
}

/** The commit was scanned for secrets: where something was found, and never what. */
export const secretScanned = ({ at, findings, notScanned, ...what }: SecretScan): Fact => ({
  key: `secret-scan#${at}`,
  kind: 'secret-scan',
  at,
  actor: lockstep,
  what: {
    ...what,
    findings: findings.map((finding) => ({ ...finding })),
    notScanned: notScanned.map((file) => ({ ...file })),
  },
});

/** Somebody asks for a redrive. @param redrive 1 for the first */
export const redriveAsked = (redrive: number, actor: Actor, at: string): Fact => ({
  key: `redrive-asked#${redrive}#${at}`,
  kind: 'redrive-asked',
  at,
  actor,
  what: { redrive },
});

/** Somebody stops the promotion. */
export const stopAsked = (reason: string, actor: Actor, at: string): Fact => ({
  key: `stop-asked#${at}`,
  kind: 'stop-asked',
  at,
  actor,
  what: { reason },
});

/** Somebody marked the promotion's commit, an image of it or a package in one bad, or unmarked it: every time that the mark knows. */
export const markFacts = (mark: BadMark): readonly Fact[] =>
  mark.markings.flatMap(({ by, at, reason, goBack, unmarked }) => [
    {
      key: `marked-bad#${at}`,
      kind: 'marked-bad',
      at,
      actor: by,
      what: { ...subjectOf(mark), reason, goBack },
    },
    ...(unmarked === undefined
      ? []
      : [
          {
            key: `unmarked-bad#${unmarked.at}`,
            kind: 'unmarked-bad',
            at: unmarked.at,
            actor: unmarked.by,
            what: { ...subjectOf(mark), reason: unmarked.reason, markedAt: at },
          } as const,
        ]),
  ]);
/** Somebody wants a deployment to Prod to begin although alarms are on. */
export const despiteAlarmsAsked = ({
  attempt,
  askedBy,
  reason,
  at,
}: NonNullable<Promotion['despiteAlarms']>): Fact => ({
  key: `despite-alarms-asked#${attempt}#${at}`,
  kind: 'despite-alarms-asked',
  at,
  actor: askedBy,
  what: { attempt, reason },
});

/** The execution runs again. @param redrive 1 for the first */
export const redriven = (redrive: number, at: string): Fact => ({
  key: `redriven#${redrive}`,
  kind: 'redriven',
  at,
  actor: lockstep,
  what: { redrive },
});

/** The execution has ended, for the first time or after a redrive. */
export const ended = (end: {
  readonly redrives: number;
  readonly at: string;
  readonly status: PromotionStatus;
  readonly error?: string | undefined;
  readonly cause?: string | undefined;
}): Fact => ({
  key: `ended#${end.redrives}`,
  kind: 'ended',
  at: end.at,
  actor: lockstep,
  what: { redrives: end.redrives, status: end.status, error: end.error, cause: shortened(end.cause) },
});

/** Everything that the ledger shows to have happened, in order of time. @param noticedAt as in `approvalFacts` */
export function factsOf(
  promotion: Promotion,
  jobs: readonly Job[],
  approvals: readonly Approval[],
  denials: readonly Denial[],
  overrides: readonly Override[],
  noticedAt: string,
): readonly Fact[] {
  const { redrives, endedAt, status, error, cause, secretScan } = promotion;
  const facts = [
    ...(secretScan === undefined ? [] : [secretScanned(secretScan)]),
    ...jobs.flatMap(jobFacts),
    ...approvals.flatMap((approval) => approvalFacts(approval, noticedAt)),
    ...denials.flatMap(denialFacts),
    ...overrides.flatMap(overrideFacts),
    ...(endedAt === undefined ? [] : [ended({ redrives, at: endedAt, status, error, cause })]),
  ];
  return facts.sort((a, b) => (a.at < b.at ? -1 : a.at > b.at ? 1 : 0));
}
