import type { Calendar, DeclaredFreeze } from '../calendar/calendar.ts';
import type { Override } from '../calendar/override.ts';
import type { EnvironmentStatus } from '../drift/environment-status.ts';
import type { EnvironmentLock } from '../environment-locks/environment-lock.ts';
import type { Rebake } from '../images/rebake.ts';
import type { ImageReport } from '../keeping/image-report.ts';
import type { BadMark } from '../marks/bad-mark.ts';
import type { ApproverRole, Environment } from '../payloads.ts';
import type { Acceptance } from '../vulnerabilities/acceptance.ts';
import type {
  Absence,
  Approval,
  Denial,
  DeniedAttempt,
  Job,
  Live,
  MissingSubscriptions,
  ProdRestored,
  Promotion,
} from './items.ts';

/** A conditional write found that the item has changed; read it and decide again. */
export class LedgerConflictError extends Error {
  override readonly name = 'LedgerConflict';
}

/** A record changed each time between reading and writing it: the writer gives up. */
class LedgerContendedError extends Error {
  override readonly name = 'LedgerContended';
}

/** More rounds than people and functions that change one record at the same moment. */
const MOST_WRITE_ATTEMPTS = 20;

/**
 * The next attempt to read a record and write it, after another write came first.
 * @param round 1, 2, …
 * @throws LedgerContendedError after so many that it cannot be chance
 */
export function nextWriteAttempt(writeAttempt: number, what: string): number {
  if (writeAttempt < MOST_WRITE_ATTEMPTS) return writeAttempt + 1;
  throw new LedgerContendedError(
    `${what} has changed each of the ${MOST_WRITE_ATTEMPTS} times between reading and writing it. Try again; if this continues, find out what writes to it.`,
  );
}

/** What may change about a promotion. `undefined` removes: a redriven promotion has no error, cause, newer promotion and end. */
export interface PromotionChange
  extends Partial<
    Pick<
      Promotion,
      | 'status'
      | 'redrives'
      | 'built'
      | 'images'
      | 'deployments'
      | 'verifiedInstances'
      | 'despiteAlarms'
      | 'secretScan'
    >
  > {
  readonly endedAt?: string | undefined;
  readonly error?: string | undefined;
  readonly cause?: string | undefined;
  readonly supersededBy?: Promotion['supersededBy'] | undefined;
  readonly prodRestored?: ProdRestored | undefined;
}

/** A page of a listing, newest first. */
interface Page<Item> {
  readonly items: readonly Item[];
  /** Hand back for the next page; absent on the last. */
  readonly next?: string;
}

/**
 * The promotions' book-keeping: one DynamoDB table, single-item conditional writes only.
 * Items are keyed `PROMOTION#<id>` / `SUMMARY` | `JOB#<state>#<attempt>` | `APPROVAL#<role>#<attempt>` | `DENIAL#<approval id>#<person>#<reason>` |
 * `OVERRIDE#<attempt>`; attempts have four digits. Locks, what is live, what was seen of an environment, which images are kept, whom mail
 * does not reach, the configured calendar, declared freezes, commits that were marked bad and accepted vulnerabilities are keyed `APPLICATION#<name>` / `LOCK#qat` |
 * `LOCK#prod` | `LIVE` | `REBAKE` | `STATUS#qat` | `STATUS#prod` | `IMAGES` | `SUBSCRIPTIONS` | `CALENDAR` | `FREEZE#<from>#<id>` | `BAD#<commit id>` |
 * `ACCEPTED#<vulnerability id>`.
 * The approvals site keeps its sessions in the same table.
 * Absences, of all applications, are keyed `ABSENCES` / `ABSENCE#<set at>#<id>`.
 */
export interface Ledger {
  /** Adds the promotion unless it exists. Safe to repeat. */
  readonly addPromotion: (promotion: Promotion) => Promise<void>;
  readonly promotion: (promotionId: string) => Promise<Promotion | undefined>;
  /** Newest first, over all applications. @throws PageTokenError if `next` is none that a page before gave */
  readonly promotions: (options?: { limit?: number; next?: string }) => Promise<Page<Promotion>>;
  /** Promotions of an application whose end the ledger does not have, oldest first. */
  readonly openPromotions: (application: string) => Promise<readonly Promotion[]>;
  /**
   * Merges the given fields (images and deployments: by environment) into the promotion; an optional field given as
   * `undefined` is removed. @throws LedgerConflictError if the promotion does not exist
   */
  readonly updatePromotion: (promotionId: string, change: PromotionChange) => Promise<void>;

  /** Adds a job. @throws LedgerConflictError if that attempt exists */
  readonly addJob: (job: Job) => Promise<void>;
  /** Replaces a job if it still is what was read. @throws LedgerConflictError */
  readonly replaceJob: (before: Job, after: Job) => Promise<void>;
  /** The state's latest attempt. */
  readonly latestJob: (promotionId: string, state: string) => Promise<Job | undefined>;
  /** All jobs of a promotion, by start. */
  readonly jobs: (promotionId: string) => Promise<readonly Job[]>;
  readonly jobByExternalId: (externalId: string) => Promise<Job | undefined>;
  /** Jobs of an application whose waiting token is not completed. */
  readonly openJobs: (application: string) => Promise<readonly Job[]>;

  /** Adds an approval. @throws LedgerConflictError if that attempt exists */
  readonly addApproval: (approval: Approval) => Promise<void>;
  /** Replaces an approval if it still is what was read. @throws LedgerConflictError */
  readonly replaceApproval: (before: Approval, after: Approval) => Promise<void>;
  readonly latestApproval: (promotionId: string, role: ApproverRole) => Promise<Approval | undefined>;
  /** All approvals of a promotion, by role and attempt. */
  readonly approvals: (promotionId: string) => Promise<readonly Approval[]>;
  readonly approvalById: (approvalId: string) => Promise<Approval | undefined>;
  /** Undecided, incomplete or unannounced approvals of a role, oldest first. */
  readonly openApprovals: (role: ApproverRole) => Promise<readonly Approval[]>;

  /** Counts a denied attempt. @returns all of the same kind, this one included */
  readonly addDenial: (attempt: DeniedAttempt) => Promise<Denial>;
  /** By the first attempt of each. */
  readonly denials: (promotionId: string) => Promise<readonly Denial[]>;

  /** Adds an absence. @throws LedgerConflictError if it exists */
  readonly addAbsence: (absence: Absence) => Promise<void>;
  /** Replaces an absence if it still is what was read. @throws LedgerConflictError */
  readonly replaceAbsence: (before: Absence, after: Absence) => Promise<void>;
  /** All that were ever set, in that order. */
  readonly absences: () => Promise<readonly Absence[]>;

  /** An environment's lock; free, of version 0, if nobody ever acquired it. */
  readonly lock: (application: string, environment: Environment) => Promise<EnvironmentLock>;
  /**
   * Replaces a lock if it still is what was read.
   * @returns the lock as recorded, with its next version
   * @throws LedgerConflictError
   */
  readonly replaceLock: (before: EnvironmentLock, after: EnvironmentLock) => Promise<EnvironmentLock>;

  /** An application's calendar as it is configured; nothing until `acquire-lock` has noted it. */
  readonly calendar: (application: string) => Promise<Calendar | undefined>;
  /** Replaces the calendar. */
  readonly noteCalendar: (application: string, calendar: Calendar) => Promise<void>;
  /** All freezes that were ever declared for an application, in that order. */
  readonly declaredFreezes: (application: string) => Promise<readonly DeclaredFreeze[]>;
  /** Adds a freeze. @throws LedgerConflictError if it exists */
  readonly addDeclaredFreeze: (freeze: DeclaredFreeze) => Promise<void>;
  /** Replaces a freeze if it still is what was read. @throws LedgerConflictError */
  readonly replaceDeclaredFreeze: (before: DeclaredFreeze, after: DeclaredFreeze) => Promise<void>;
  /** All overrides that were asked for about a promotion, by attempt. */
  readonly overrides: (promotionId: string) => Promise<readonly Override[]>;
  /** Adds an override. @throws LedgerConflictError if that attempt exists */
  readonly addOverride: (override: Override) => Promise<void>;
  /** Replaces an override if it still is what was read. @throws LedgerConflictError */
  readonly replaceOverride: (before: Override, after: Override) => Promise<void>;

  /** What an application's Prod runs; nothing if no deployment to it was noted yet. */
  readonly live: (application: string) => Promise<Live | undefined>;
  /** Notes what Prod runs, unless something later is noted. Safe to repeat. */
  readonly noteLive: (live: Live) => Promise<void>;

  /** Whether something was marked bad, by its `subjectId`; nothing if that was never so. */
  readonly mark: (application: string, subject: string) => Promise<BadMark | undefined>;
  /** Everything of an application that was ever marked bad, by id. */
  readonly marks: (application: string) => Promise<readonly BadMark[]>;
  /** Replaces a mark if it still is what was read. @throws LedgerConflictError */
  readonly replaceMark: (before: BadMark | undefined, after: BadMark) => Promise<void>;

  /** Who asked last for new images of an application; nothing if nobody ever did. */
  readonly rebake: (application: string) => Promise<Rebake | undefined>;
  /** Notes who asks for new images, instead of who did before. */
  readonly noteRebake: (rebake: Rebake) => Promise<void>;
  /** Every vulnerability of an application that was ever accepted, by id: the latest acceptance of each. */
  readonly acceptances: (application: string) => Promise<readonly Acceptance[]>;
  /** Replaces an acceptance if it still is what was read. @throws LedgerConflictError */
  readonly replaceAcceptance: (before: Acceptance | undefined, after: Acceptance) => Promise<void>;

  /** What was kept of an application's images when it was looked at last. */
  readonly imageReport: (application: string) => Promise<ImageReport | undefined>;
  /** Replaces the report. */
  readonly noteImageReport: (report: ImageReport) => Promise<void>;
  /** Whom an application's mail does not reach; nothing if that was never so. */
  readonly missingSubscriptions: (application: string) => Promise<MissingSubscriptions | undefined>;
  /** Replaces it if it still is what was read. @throws LedgerConflictError */
  readonly replaceMissingSubscriptions: (
    before: MissingSubscriptions | undefined,
    after: MissingSubscriptions,
  ) => Promise<void>;
  /** What was seen when an environment was looked at last; nothing if it never was. */
  readonly environmentStatus: (
    application: string,
    environment: Environment,
  ) => Promise<EnvironmentStatus | undefined>;
  /** Replaces it if it still is what was read. @throws LedgerConflictError */
  readonly replaceEnvironmentStatus: (
    before: EnvironmentStatus | undefined,
    after: EnvironmentStatus,
  ) => Promise<void>;
}

/** Names of the table's keys and indexes, shared by the construct that makes them and the code that uses them. */
export const ledgerSchema = {
  partitionKey: 'pk',
  sortKey: 'sk',
  /** Seconds since the epoch after which DynamoDB deletes the item; only sessions of the approvals site have it. */
  timeToLive: 'deleteAfter',
  /** Sparse indexes: an item is in one only while it has both attributes. All project everything; all keys are strings. */
  indexes: {
    /** Partition key constant `PROMOTION`. */
    promotions: { name: 'promotions', partitionKey: 'promotionsPk', sortKey: 'startedAt' },
    openPromotions: { name: 'openPromotions', partitionKey: 'openPromotionsOf', sortKey: 'startedAt' },
    jobByExternalId: { name: 'jobByExternalId', partitionKey: 'externalId', sortKey: 'startedAt' },
    openJobs: { name: 'openJobs', partitionKey: 'openJobsOf', sortKey: 'startedAt' },
    approvalById: { name: 'approvalById', partitionKey: 'approvalId', sortKey: 'requestedAt' },
    openApprovals: { name: 'openApprovals', partitionKey: 'openApprovalsOf', sortKey: 'requestedAt' },
  },
} as const;
