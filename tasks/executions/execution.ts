import type { HistoryEvent } from '@aws-sdk/client-sfn';
import type { FailureCause } from '../failure-cause.ts';

/** How an execution of the state machine stands. */
export interface Execution extends Partial<FailureCause> {
  readonly status: string;
  /** Whether Step Functions would accept a redrive. */
  readonly redrivable: boolean;
  /** Why it would not, in its words. */
  readonly redriveDenial?: string;
  readonly redrives: number;
  /** Milliseconds since the epoch. */
  readonly startedAt: number;
  readonly endedAt?: number;
  readonly error?: string;
  /** The definition that this execution runs, in the States Language. */
  readonly definition: string;
  /** The definition that a promotion started now would run; of an execution that ended without success. */
  readonly currentDefinition?: string;
  /** The whole history, oldest first. */
  readonly events: readonly HistoryEvent[];
}

/** The executions behind the promotions. */
export interface Executions {
  /** Undefined when Step Functions has forgotten the execution (90 days after its end). */
  readonly read: (executionArn: string) => Promise<Execution | undefined>;
  /** Continues a failed execution where it failed. */
  readonly redrive: (
    executionArn: string,
  ) => Promise<{ readonly kind: 'redriven' } | { readonly kind: 'failed'; readonly message: string }>;
  /** Ends an execution; one that has ended stays as it is. */
  readonly stop: (
    executionArn: string,
    failure: { readonly error: string; readonly cause: string },
  ) => Promise<void>;
}
