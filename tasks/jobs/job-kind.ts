import type { FailureCode } from '../failure-cause.ts';
import type { Job } from '../ledger/items.ts';
import type { JobKind, StartJobRequest } from '../payloads.ts';
import type { JobError } from './job-errors.ts';

/** Why a job counts as failed. */
interface JobFailure {
  readonly error: JobError;
  readonly code?: FailureCode;
  readonly cause: string;
}

/** How an external job has ended. */
export type Outcome =
  | { readonly state: 'succeeded'; readonly output: Readonly<Record<string, string>> }
  | ({ readonly state: 'failed' } & JobFailure);

/** Its service does not know it: not yet, or no longer. What then counts as its failure says so. */
export interface Missing extends JobFailure {
  readonly state: 'missing';
}

/** How an external job stands, as its service says. */
export type Inspection = { readonly state: 'running' } | Missing | Outcome;

/** What Lockstep does with one kind of external job. */
export interface JobActions {
  /** The state's error when the service refuses to start it. */
  readonly denial: JobError;
  /** The newest external job there is, before an attempt; for services whose starts take no idempotency token. */
  readonly newest?: (request: StartJobRequest) => Promise<string | undefined>;
  /**
   * Starts the attempt's external job; for an attempt that was tried before, finds what that try started.
   * @param isTaken whether an external job belongs to another attempt
   * @returns the external id
   */
  readonly start: (job: Job, isTaken: (externalId: string) => Promise<boolean>) => Promise<string>;
  readonly inspect: (externalId: string) => Promise<Inspection>;
}

/** All kinds. */
export type JobKinds = Readonly<Record<JobKind, JobActions>>;
