import type { FiredAlarm } from '../alarms/alarms.ts';
import type { Review } from '../approvals/review.ts';
import type { FailureCause, FailureCode } from '../failure-cause.ts';
import type { ImageChoice } from '../images/image-choice.ts';
import type {
  ApproverRole,
  Asker,
  BuiltRevision,
  Candidate,
  Decision,
  Environment,
  GoBack,
  JobKind,
  StateAttempt,
} from '../payloads.ts';
import type { SecretScan } from '../secret-scan/secret-scan.ts';

/** A promotion's status: Step Functions' execution status, with ends that are no technical failures distinguished. */
export type PromotionStatus =
  | 'RUNNING'
  | 'SUCCEEDED'
  | 'FAILED'
  | 'REJECTED'
  /** A newer promotion took its place. */
  | 'SUPERSEDED'
  /** Prod ran a newer commit when it asked for the Prod lock. */
  | 'STALE'
  /** Its commit was marked bad. */
  | 'RECALLED'
  | 'TIMED_OUT'
  | 'ABORTED';

/** A promotion: one execution of the state machine. */
export interface Promotion {
  /** The execution's name. */
  readonly promotionId: string;
  readonly executionArn: string;
  readonly application: string;
  readonly commitId: string;
  readonly branch: string;
  /** ARN of the pusher, as the event or the input claims; of a go-back, the user name or ARN of who asked. */
  readonly pushedBy: string;
  /** First line and author of the commit. */
  readonly commitMessage: string;
  readonly commitAuthor: string;
  readonly commitAuthorEmail: string;
  readonly status: PromotionStatus;
  /** When it was pushed, ISO 8601. Absent if its execution was started by hand: its start counts. */
  readonly pushedAt?: string;
  /** ISO 8601. */
  readonly startedAt: string;
  /** Set if no push started its execution: its input is what somebody wrote. */
  readonly startedByHand?: boolean;
  /** Set if it promotes an earlier release again. `pushedAt` is when it was asked for. */
  readonly goBack?: GoBack;
  readonly endedAt?: string;
  readonly redrives: number;
  /** Error and cause of the execution, when it failed. */
  readonly error?: string;
  readonly cause?: string;
  /** Of a superseded or stale promotion: the newer one. */
  readonly supersededBy?: FailureCause['supersededBy'];
  /** What its commit was built into, once it was; where the commit itself is deployed, it has none. */
  readonly built?: BuiltRevision;
  /** AMI by environment, once built and before anything is pointed at it. */
  readonly images: Readonly<Partial<Record<Environment, string>>>;
  /** CodeDeploy deployment by environment, once succeeded. */
  readonly deployments: Readonly<Partial<Record<Environment, string>>>;
  /** What the scan of its commit for secrets found last. */
  readonly secretScan?: SecretScan;
  /** Instances that ran the promotion's image and commit in Prod when Verify Prod looked. */
  readonly verifiedInstances?: readonly string[];
  /** An operator wants that attempt at Prod to be made although alarms are on; they do not watch it. */
  readonly despiteAlarms?: {
    readonly attempt: number;
    readonly askedBy: Asker;
    readonly reason: string;
    readonly at: string;
  };
  /** Set when Prod was restored after a failure; removed when the promotion points Prod at its image again. */
  readonly prodRestored?: ProdRestored;
}

/** How Prod was found when it was restored. */
export interface ProdRestored {
  /** Redrives of the execution by then: what a later one leaves behind is another matter. */
  readonly redrives: number;
  /** AMI of the instances that serve. */
  readonly imageId: string;
  /** ISO 8601. */
  readonly at: string;
}

/** What an application's Prod runs. */
export interface Live {
  readonly application: string;
  /** The promotion whose deployment to Prod succeeded last. */
  readonly promotionId: string;
  /** When that was known, ISO 8601. */
  readonly since: string;
}

/** A configured address that gets no mail of one of the topics. */
export interface MissingSubscription {
  readonly address: string;
  readonly topic: 'promotions' | 'alarms';
  readonly roles: readonly (ApproverRole | 'operator')[];
  /** `pending`: AWS waits for the confirmation. `missing`: not confirmed in time, or unsubscribed. */
  readonly state: 'pending' | 'missing';
  /** When that was known, ISO 8601. */
  readonly since: string;
}

/** Everybody whom an application's mail does not reach. */
export interface MissingSubscriptions {
  readonly application: string;
  readonly people: readonly MissingSubscription[];
}

/** How an external job stands. `STARTING`: recorded before the start, the external id is not known yet. */
type JobStatus = 'STARTING' | 'RUNNING' | 'SUCCEEDED' | 'FAILED';

/** One attempt of a state's external job. */
export interface Job {
  readonly promotionId: string;
  readonly application: string;
  readonly state: string;
  /** 1, 2, …: a redrive after a failed job makes the next. */
  readonly attempt: number;
  readonly kind: JobKind;
  /** What was started, as given by the state. */
  readonly parameters: Readonly<Record<string, string>>;
  /** Idempotency token of the start: the same within one attempt, at most 36 characters (T13). */
  readonly clientToken: string;
  /** The newest job of that kind before this attempt: where starts take no idempotency token, ours is newer. */
  readonly startedAfter?: string;
  /** The task token that waits for this job; replaced when a later attempt of the state attaches to the job. */
  readonly taskToken: string;
  /** Of the attempt that the token belongs to. */
  readonly stateAttempt: StateAttempt;
  readonly status: JobStatus;
  /** Build id of CodeBuild, image build version ARN, `<group>/<instance refresh id>`, or `<pipeline>/<pipeline execution id>`. */
  readonly externalId?: string;
  /** When that id was given, ISO 8601. */
  readonly runningSince?: string;
  /** Of an image build where images are reused: whether one was, and why. */
  readonly imageChoice?: ImageChoice;
  /** Set with SUCCEEDED. */
  readonly output?: Readonly<Record<string, string>>;
  /** Set with FAILED. */
  readonly error?: string;
  readonly code?: FailureCode;
  readonly cause?: string;
  /** The alarms that stopped the deployment, with what they measured. */
  readonly alarms?: readonly FiredAlarm[];
  /** Alarms that were on before and do not watch this deployment to Prod. */
  readonly alarmsLeftOut?: readonly string[];
  /** Why the deployment was stopped before traffic moved to its instances. */
  readonly halted?: { readonly reason: string; readonly at: string };
  /** An operator asked in the soak to send the traffic back to the old instances. */
  readonly sentBack?: { readonly askedBy: Asker; readonly reason: string; readonly at: string };
  /** An operator ended the soak. */
  readonly soakEnded?: { readonly askedBy: Asker; readonly at: string };
  /** The task token that was completed with the outcome. While it differs from `taskToken`, the job is open. */
  readonly completedToken?: string;
  /** ISO 8601. */
  readonly startedAt: string;
  readonly endedAt?: string;
}

/** `WITHDRAWN`: the promotion ended, or a new request took its place. */
type ApprovalStatus = 'PENDING' | 'APPROVED' | 'REJECTED' | 'EXPIRED' | 'WITHDRAWN';

/** A signed-in person, from the verified claims of the identity provider. */
export interface Person {
  /** `sub` claim. */
  readonly subject: string;
  /** User name (`cognito:username`). */
  readonly name: string;
  /** Lower case. Empty unless the provider says that it is verified. */
  readonly verifiedEmail: string;
  /** Groups: `qc`, `pmo`, `operator`. */
  readonly groups: readonly string[];
}

/** Somebody handed their role to another person for a time. Never deleted. */
export interface Absence {
  readonly absenceId: string;
  readonly role: ApproverRole;
  /** Who set it. */
  readonly absent: Pick<Person, 'subject' | 'name' | 'verifiedEmail'>;
  readonly substitute: Pick<Person, 'subject' | 'name' | 'verifiedEmail'>;
  /** ISO 8601. */
  readonly from: string;
  readonly until: string;
  readonly reason: string;
  readonly setAt: string;
  /** When the absent person ended it early. */
  readonly endedAt?: string;
}

/** One person's decision about a request. */
export interface RecordedDecision {
  readonly decision: Decision;
  readonly person: Pick<Person, 'subject' | 'name' | 'verifiedEmail'>;
  /** ISO 8601. */
  readonly at: string;
  /** When the person had signed in, ISO 8601. */
  readonly signedInAt: string;
  /** May be empty. */
  readonly comment: string;
  /** Deploy to Prod not before, ISO 8601. Of an approval. */
  readonly notBefore?: string;
  /** If a substitute decided: for whom, and until when. */
  readonly absence?: Pick<Absence, 'absenceId' | 'absent' | 'until'>;
}

/** Too few members of a role may decide about a request, as the group was when the role was asked. */
export interface Shortage {
  /** How many people must approve. */
  readonly needed: number;
  /** User names of those who may decide. */
  readonly able: readonly string[];
  /** Who may not, and why. */
  readonly unable: readonly { readonly name: string; readonly why: string }[];
}

/** One request for a role's decision. */
export interface Approval {
  /** Opaque, unguessable: 128 random bits in base64url. The only thing that links carry. */
  readonly approvalId: string;
  readonly promotionId: string;
  readonly application: string;
  readonly state: string;
  readonly role: ApproverRole;
  /** 1, 2, …: a redrive after an expired request makes the next. */
  readonly attempt: number;
  readonly candidate: Candidate;
  /** What the role is shown. */
  readonly review: Review;
  /** Digest of what is decided upon; comes back with the decision. */
  readonly digest: string;
  readonly taskToken: string;
  /** Of the attempt that the token belongs to. */
  readonly stateAttempt: StateAttempt;
  readonly status: ApprovalStatus;
  /** ISO 8601. */
  readonly requestedAt: string;
  readonly expiresAt: string;
  /** If too few members may decide. */
  readonly shortage?: Shortage;
  /** When the mail was handed to SNS. */
  readonly mailedAt?: string;
  /** When the last reminder was handed to SNS. */
  readonly remindedAt?: string;
  /** When operators were mailed that nobody had decided yet. */
  readonly escalatedAt?: string;
  /** How many different people must approve. One rejection ends it. */
  readonly count: number;
  /** In the order in which they were made. */
  readonly decisions: readonly RecordedDecision[];
  /** The task token that was completed with the outcome. */
  readonly completedToken?: string;
  /** Set with WITHDRAWN: the reason. */
  readonly withdrawnBecause?: string;
  /** Set with WITHDRAWN when the commit was marked bad: the state fails for it. */
  readonly recalled?: {
    readonly cause: string;
    /** ISO 8601. */
    readonly at: string;
  };
  /** Set with WITHDRAWN when a newer promotion took its place: the state fails for it. */
  readonly supersededBy?: {
    readonly promotionId: string;
    readonly commitId: string;
    /** ISO 8601. */
    readonly at: string;
  };
  /** When the outcome was mailed. */
  readonly announcedAt?: string;
}

/** An attempt to decide that a rule denied. */
export interface DeniedAttempt {
  readonly promotionId: string;
  readonly approvalId: string;
  readonly role: ApproverRole;
  readonly person: Pick<Person, 'subject' | 'name' | 'verifiedEmail'>;
  readonly reason: DenialReason;
  /** ISO 8601. */
  readonly at: string;
}

/** All denied attempts of one person to decide one request, for one reason. `at` is when the first came. */
export interface Denial extends DeniedAttempt {
  readonly count: number;
  /** When the last came, ISO 8601. */
  readonly lastAt: string;
}

/** Why a person may not decide. */
export type DenialReason =
  | 'NotInRole'
  /** They handed the role to somebody. */
  | 'Absent'
  | 'ApproversMustDiffer'
  | 'MadeTheChange'
  | 'NoVerifiedEmail'
  | 'AlreadyDecided'
  | 'Expired'
  | 'Withdrawn'
  | 'CandidateChanged'
  | 'SignInTooOld'
  | 'NoLongerOpen';
