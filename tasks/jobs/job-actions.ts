import type { FiredAlarm } from '../alarms/alarms.ts';
import type { FailureCode } from '../failure-cause.ts';
import type { ImageChoice } from '../images/image-choice.ts';
import type { Job, Promotion } from '../ledger/items.ts';
import type { JobKind, RECALLED, StartJobRequest } from '../payloads.ts';
import type { JobError } from './job-errors.ts';

/** Why a job counts as failed. */
export interface JobFailure {
  /** Its job's error; or that the guard blocked a commit that was marked bad. */
  readonly error: JobError | typeof RECALLED;
  readonly code?: FailureCode;
  readonly cause: string;
  /** The alarms that stopped a deployment. */
  readonly alarms?: readonly FiredAlarm[];
}

/** How an external job has ended. */
export type Outcome =
  | { readonly state: 'succeeded'; readonly output: Readonly<Record<string, string>> }
  | ({ readonly state: 'failed' } & JobFailure);

/** Its service does not know it: not yet, or no longer. `error` and `cause` are those of a job that no longer exists. */
export interface Missing extends JobFailure {
  readonly state: 'missing';
}

/** A deployment's new instances have the revision and no traffic yet: it waits for somebody to say whether traffic moves. */
export interface CutOver {
  /** AMI by id of the new instances. */
  readonly images: Readonly<Record<string, string | undefined>>;
  /** Lets traffic move. Safe to repeat. */
  readonly moveTraffic: () => Promise<void>;
  /** Stops the deployment. Safe to repeat. */
  readonly halt: () => Promise<void>;
}

/** The state of an external job, as its service reports it. */
export type Inspection = { readonly state: 'running'; readonly cutOver?: CutOver } | Missing | Outcome;

/** Reads the promotion that Prod runs; undefined before the first. */
export type ReadLive = () => Promise<Pick<Promotion, 'promotionId' | 'commitId'> | undefined>;

/** What was started, or taken instead. */
export interface Begun {
  readonly externalId: string;
  /** Of an image build where images are reused. */
  readonly imageChoice: ImageChoice;
}

/** What Lockstep does with one kind of external job. */
export interface JobActions {
  /** The state's error when the start fails. */
  readonly startError: JobError;
  /** The newest external job there is, before an attempt; for services whose starts take no idempotency token. */
  readonly newest?: (request: StartJobRequest) => Promise<string | undefined>;
  /** Why the job must not be started now; asked before its first start. */
  readonly obstacle?: (job: Job) => Promise<JobFailure | undefined>;
  /**
   * Starts the attempt's external job; for a repeated start, finds the job that the first one started.
   * @param isTaken whether an external job belongs to another attempt
   * @returns the external id, with what was chosen if there was a choice
   */
  readonly start: (job: Job, isTaken: (externalId: string) => Promise<boolean>) => Promise<string | Begun>;
  /** @param live reads the promotion that Prod runs @param job whose external job it is */
  readonly inspect: (
    externalId: string,
    live: ReadLive,
    job: Pick<Job, 'promotionId' | 'parameters'>,
  ) => Promise<Inspection>;
}

/** All kinds. */
export type JobKinds = Readonly<Record<JobKind, JobActions>>;
