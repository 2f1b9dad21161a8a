import { createHash } from 'node:crypto';
import { isDecided } from '../approvals/decisions.ts';
import type { Calendar, DeclaredFreeze } from '../calendar/calendar.ts';
import type { Override } from '../calendar/override.ts';
import { canonicalJson } from '../canonical-json.ts';
import type { EnvironmentStatus } from '../drift/environment-status.ts';
import type { EnvironmentLock } from '../environment-locks/environment-lock.ts';
import type { BadMark } from '../marks/bad-mark.ts';
import { subjectId } from '../marks/bad-subject.ts';
import type { ApproverRole, Environment } from '../payloads.ts';
import type { Acceptance } from '../vulnerabilities/acceptance.ts';
import type {
  Absence,
  Approval,
  DeniedAttempt,
  Job,
  Live,
  MissingSubscriptions,
  Promotion,
} from './items.ts';

/** Attributes of a stored item that are the table's, not the record's. */
export interface Bookkeeping {
  readonly pk: string;
  readonly sk: string;
  /** Digest of the record: a replacement names the version it replaces. Promotions, merged by field, have none. */
  readonly version?: string;
  /** Partition keys of the sparse indexes, present while the item belongs to them. */
  readonly promotionsPk?: string;
  readonly openPromotionsOf?: string;
  readonly openJobsOf?: string;
  readonly openApprovalsOf?: string;
}
const bookkeepingNames = [
  'pk',
  'sk',
  'version',
  'promotionsPk',
  'openPromotionsOf',
  'openJobsOf',
  'openApprovalsOf',
];

/** Partition key of the index over all promotions. */
export const ALL_PROMOTIONS = 'PROMOTION';

/** Partition key of everything that belongs to a promotion. */
export const partitionOf = (promotionId: string): string => `PROMOTION#${promotionId}`;
/** Sort key of the promotion itself. */
export const SUMMARY = 'SUMMARY';

// Attempts sort as text: four digits keep 2 before 10.
const padded = (attempt: number): string => String(attempt).padStart(4, '0');
/** Sort key prefix of a state's jobs; without a state, of all jobs. */
export const jobPrefix = (state?: string): string => (state === undefined ? 'JOB#' : `JOB#${state}#`);
/** Sort key prefix of a role's approvals; without a role, of all approvals. */
export const approvalPrefix = (role?: ApproverRole): string =>
  role === undefined ? 'APPROVAL#' : `APPROVAL#${role}#`;
/** Sort key prefix of all denials. */
export const DENIAL_PREFIX = 'DENIAL#';

/** A promotion is open until the ledger has its end; a redrive opens it again. */
export const isPromotionOpen = ({ status }: Pick<Promotion, 'status'>): boolean => status === 'RUNNING';

/** A job is open until the token that waits now is completed with its outcome. */
export const isJobOpen = (job: Job): boolean => job.completedToken !== job.taskToken;

/** An approval is open until it is over, the token that waits now is completed, and the outcome is mailed. */
export const isApprovalOpen = (approval: Approval): boolean =>
  approval.status === 'PENDING' || isTaskIncomplete(approval) || approval.announcedAt === undefined;

/** Whether the request is decided or its promotion ends, and the token that waits now is not completed with that. */
export const isTaskIncomplete = (approval: Approval): boolean =>
  (isDecided(approval) || approval.supersededBy !== undefined || approval.recalled !== undefined) &&
  approval.completedToken !== approval.taskToken;

/** Digest of a record: the same for the same content in any order of fields, and after it was read back. */
export const versionOf = (record: object): string =>
  createHash('sha256').update(canonicalJson(record)).digest('base64url');

/** A promotion as stored. It has no version: its fields are merged one by one. */
export const storedPromotion = (promotion: Promotion): Promotion & Bookkeeping => ({
  ...promotion,
  pk: partitionOf(promotion.promotionId),
  sk: SUMMARY,
  promotionsPk: ALL_PROMOTIONS,
  ...(isPromotionOpen(promotion) ? { openPromotionsOf: promotion.application } : {}),
});

/** A job as stored. */
export const storedJob = (job: Job): Job & Bookkeeping => ({
  ...job,
  pk: partitionOf(job.promotionId),
  sk: `${jobPrefix(job.state)}${padded(job.attempt)}`,
  version: versionOf(job),
  ...(isJobOpen(job) ? { openJobsOf: job.application } : {}),
});

/** An approval as stored. */
export const storedApproval = (approval: Approval): Approval & Bookkeeping => ({
  ...approval,
  pk: partitionOf(approval.promotionId),
  sk: `${approvalPrefix(approval.role)}${padded(approval.attempt)}`,
  version: versionOf(approval),
  ...(isApprovalOpen(approval) ? { openApprovalsOf: approval.role } : {}),
});

/** Key of the denied attempts of one person to decide one request, for one reason. */
export const denialKey = ({ promotionId, approvalId, person, reason }: DeniedAttempt) => ({
  pk: partitionOf(promotionId),
  sk: `${DENIAL_PREFIX}${approvalId}#${person.subject}#${reason}`,
});

/** Partition key of all absences. */
export const ABSENCES = 'ABSENCES';
/** Sort key prefix of absences. */
export const ABSENCE_PREFIX = 'ABSENCE#';

/** An absence as stored. */
export const storedAbsence = (absence: Absence): Absence & Bookkeeping => ({
  ...absence,
  pk: ABSENCES,
  sk: `${ABSENCE_PREFIX}${absence.setAt}#${absence.absenceId}`,
  version: versionOf(absence),
});

/** Key of an environment's lock. */
export const lockKey = (application: string, environment: Environment) => ({
  pk: `APPLICATION#${application}`,
  sk: `LOCK#${environment}`,
});

/** A lock as stored, with its own version. */
export const storedLock = (lock: EnvironmentLock) => ({
  ...lock,
  ...lockKey(lock.application, lock.environment),
});

/** Key of what an application's Prod runs. */
export const liveKey = (application: string) => ({ pk: `APPLICATION#${application}`, sk: 'LIVE' });

/** What is live, as stored. What is noted earlier never replaces it: it needs no version. */
export const storedLive = (live: Live) => ({ ...live, ...liveKey(live.application) });

/** Sort key prefix of what was marked bad. */
export const MARK_PREFIX = 'BAD#';

/** Key of something that was marked bad. */
export const markKey = (application: string, subject: string) => ({
  pk: `APPLICATION#${application}`,
  sk: `${MARK_PREFIX}${subject}`,
});

/** A mark as stored. */
export const storedMark = (mark: BadMark): BadMark & Bookkeeping => ({
  ...mark,
  ...markKey(mark.application, subjectId(mark)),
  version: versionOf(mark),
});

/** Sort key prefix of vulnerabilities that were accepted. */
export const ACCEPTANCE_PREFIX = 'ACCEPTED#';

/** An acceptance as stored. */
export const storedAcceptance = (acceptance: Acceptance): Acceptance & Bookkeeping => ({
  ...acceptance,
  pk: `APPLICATION#${acceptance.application}`,
  sk: `${ACCEPTANCE_PREFIX}${acceptance.vulnerabilityId}`,
  version: versionOf(acceptance),
});

/** Key of what was kept of an application's images. */
export const imagesKey = (application: string) => ({ pk: `APPLICATION#${application}`, sk: 'IMAGES' });

/** Key of who asked for new images of an application. */
export const rebakeKey = (application: string) => ({ pk: `APPLICATION#${application}`, sk: 'REBAKE' });

/** Key of whom an application's mail does not reach. */
export const subscriptionsKey = (application: string) => ({
  pk: `APPLICATION#${application}`,
  sk: 'SUBSCRIPTIONS',
});

/** Whom mail does not reach, as stored. */
export const storedSubscriptions = (missing: MissingSubscriptions): MissingSubscriptions & Bookkeeping => ({
  ...missing,
  ...subscriptionsKey(missing.application),
  version: versionOf(missing),
});

/** Key of what was seen of an environment. */
export const statusKey = (application: string, environment: Environment) => ({
  pk: `APPLICATION#${application}`,
  sk: `STATUS#${environment}`,
});

/** What was seen, as stored. */
export const storedStatus = (status: EnvironmentStatus): EnvironmentStatus & Bookkeeping => ({
  ...status,
  ...statusKey(status.application, status.environment),
  version: versionOf(status),
});

/** Key of an application's configured calendar. */
export const calendarKey = (application: string) => ({ pk: `APPLICATION#${application}`, sk: 'CALENDAR' });

/** A calendar as stored. What is noted later replaces it: it needs no version. */
export const storedCalendar = (application: string, calendar: Calendar) => ({
  ...calendar,
  ...calendarKey(application),
});

/** Sort key prefix of an application's declared freezes. */
export const FREEZE_PREFIX = 'FREEZE#';

/** A declared freeze as stored. */
export const storedFreeze = (freeze: DeclaredFreeze): DeclaredFreeze & Bookkeeping => ({
  ...freeze,
  pk: `APPLICATION#${freeze.application}`,
  sk: `${FREEZE_PREFIX}${freeze.from}#${freeze.freezeId}`,
  version: versionOf(freeze),
});

/** Sort key prefix of a promotion's overrides. */
export const OVERRIDE_PREFIX = 'OVERRIDE#';

/** An override as stored. */
export const storedOverride = (override: Override): Override & Bookkeeping => ({
  ...override,
  pk: partitionOf(override.promotionId),
  sk: `${OVERRIDE_PREFIX}${padded(override.attempt)}`,
  version: versionOf(override),
});

/** The record without the table's own attributes. */
export const recordOf = (item: Record<string, unknown>): Record<string, unknown> =>
  Object.fromEntries(Object.entries(item).filter(([name]) => !bookkeepingNames.includes(name)));
