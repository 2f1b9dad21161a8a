import type { CheckedAbsence } from '../../tasks/approvals/absence-rules.ts';
import type { ApprovalCounts } from '../../tasks/approvals/approval-counts.ts';
import type { RuledRequest } from '../../tasks/approvals/decision-rules.ts';
import type { RecipeContents } from '../../tasks/approvals/image-contents.ts';
import type { ContainedBad, Review } from '../../tasks/approvals/review.ts';
import type { Finding } from '../../tasks/appspec/revision.ts';
import type { HoldSources } from '../../tasks/calendar/hold-rules.ts';
import type { AlarmStatus } from '../../tasks/drift/environment-status.ts';
import type { WhenNewer } from '../../tasks/environment-locks/environment-lock.ts';
import type { OrderedPromotion } from '../../tasks/environment-locks/lock-rules.ts';
import type { LockView } from '../../tasks/environment-locks/lock-view.ts';
import type { Execution } from '../../tasks/executions/execution.ts';
import type { ReuseRuling } from '../../tasks/images/reuse-rules.ts';
import type { Approval, Job, Person, Promotion } from '../../tasks/ledger/items.ts';
import type { ApproverRole, Environment } from '../../tasks/payloads.ts';
import type { LockSeen } from '../../tasks/redrive/redrive-context.ts';

/** What of an application's configuration decides about a promotion, as its functions have it. */
export interface PlanSettings {
  readonly repositoryName: string;
  readonly branch: string;
  readonly counts: ApprovalCounts;
  readonly makersMayDecide: boolean;
  readonly whenNewer: WhenNewer;
  readonly watchedAlarms: readonly string[];
}

/**
 * Where a commit is. `head`: the branch holds it. `passed`: the branch has gone on from it. `ahead`: it follows the branch's head.
 * `apart`: neither leads to the other. `missing`: the repository does not have it.
 */
export type CommitPlace = 'head' | 'passed' | 'ahead' | 'apart' | 'missing';

/** A lock, and what is known of those that wait for it. */
export interface PlannedLock extends LockSeen {
  readonly view: LockView;
  /** Ids of those waiting whose execution is over. */
  readonly gone: ReadonlySet<string>;
  /** Why those waiting are recalled whose commit is marked bad, by id. */
  readonly bad: ReadonlyMap<string, string>;
}

/** A promotion that succeeded, from which times and costs are expected. */
export interface PastPromotion {
  readonly promotion: Promotion;
  readonly jobs: readonly Job[];
  readonly approvals: readonly Approval[];
  readonly execution?: Execution;
}

/** What approvers would see of the change. */
export interface PlannedChange {
  readonly commitCount: number;
  /** Commits of it that are marked bad. */
  readonly bad: readonly ContainedBad[];
  readonly fileCount?: Review['fileCount'];
}

/** What an application's next images and Prod's image are made of. */
export interface PlannedImages {
  readonly next: Readonly<Record<Environment, RecipeContents>>;
  /** Absent before the first promotion. */
  readonly live?: RecipeContents;
}

/** Whether each environment's image is built or used again; absent where images are always built. */
export type PlannedReuse = Readonly<Partial<Record<Environment, ReuseRuling>>>;

/** Everything that a plan is made of. What is absent could not be read, unless it says otherwise; `unknown` says why. */
export interface PlanFacts {
  readonly application: string;
  readonly commitId: string;
  readonly now: Date;
  readonly settings?: PlanSettings;
  /** States of a push's promotion that goes well, in their order. */
  readonly way?: readonly string[];
  readonly place?: CommitPlace;
  /** When it was pushed, as locks count it, ISO 8601. @default now */
  readonly pushedAt?: string;
  /** Absent if it could not be read. */
  readonly reuse?: PlannedReuse;
  /** First line of the commit's message. */
  readonly title?: string;
  /** Who marked it bad, when and why. Absent if it is not bad. */
  readonly bad?: string;
  /** The promotion of this commit that runs, and where it is. Absent if none does. */
  readonly running?: { readonly promotion: Promotion; readonly whereabouts: string };
  /** The latest promotion of this commit. Absent if there is none. */
  readonly latest?: Promotion;
  /** What Prod runs. Absent before the first promotion. */
  readonly live?: Promotion;
  /** What Prod runs, if by the rules it is newer than the planned promotion. Absent if it is not. */
  readonly newerInProd?: OrderedPromotion;
  readonly change?: PlannedChange;
  /** What the rules about people decide on, without a role's own part. */
  readonly request?: Pick<RuledRequest, 'candidate' | 'review'>;
  readonly members?: Readonly<Record<ApproverRole, readonly Person[]>>;
  readonly absences: readonly CheckedAbsence[];
  readonly locks?: readonly PlannedLock[];
  readonly calendar?: HoldSources;
  /** Alarms of Prod that were on when Lockstep looked. */
  readonly alarms?: { readonly at: string; readonly on: readonly AlarmStatus[] };
  /** What CodeDeploy would fail at. */
  readonly faults?: readonly Finding[];
  readonly images?: PlannedImages;
  /** Versions of the configuration: deployed now, and that of the request for what Prod runs. */
  readonly configuration?: { readonly now: string; readonly live?: string };
  readonly past?: readonly PastPromotion[];
  /** Instances that Prod had when Lockstep looked. */
  readonly instances?: number;
  /** What could not be read, and why. */
  readonly unknown: readonly string[];
}

/** What a promotion is called that does not exist yet. */
export const PLANNED_ID = 'planned';

/** The planned promotion as the ledger would have it. @param pushedAt when it was, or is, pushed; ISO 8601 */
export const plannedPromotion = (
  application: string,
  commitId: string,
  branch: string,
  now: Date,
  pushedAt: string,
): Promotion => ({
  promotionId: PLANNED_ID,
  executionArn: '',
  application,
  commitId,
  branch,
  pushedBy: '',
  commitMessage: '',
  commitAuthor: '',
  commitAuthorEmail: '',
  status: 'RUNNING',
  pushedAt,
  startedAt: now.toISOString(),
  redrives: 0,
  images: {},
  deployments: {},
});
