import type { Execution } from '../executions/execution.ts';
import type { Approval, Job, Promotion } from '../ledger/items.ts';
import type { Environment } from '../payloads.ts';

/** How an environment's turn stands. */
export interface TurnSeen {
  readonly environment: Environment;
  /** Absent if nobody holds it. */
  readonly holder?: {
    readonly promotionId: string;
    readonly commitId: string;
    /** ISO 8601. */
    readonly since: string;
    /** Whether its execution is under way: one that is not holds nothing. */
    readonly isRunning: boolean;
  };
}

/** What advice is given on. */
export interface RedriveCircumstances {
  /** Undefined if Step Functions has forgotten it (90 days after its end). */
  readonly execution: Execution | undefined;
  readonly promotion: Promotion;
  /** All of the promotion, by start. */
  readonly jobs: readonly Job[];
  /** All of the promotion, by role and attempt. */
  readonly approvals: readonly Approval[];
  readonly turns: readonly TurnSeen[];
  /** Of the application's configuration as it is deployed now. @default not known, so not compared */
  readonly configurationVersion?: string;
  readonly now: Date;
}

/** `2026-11-22 10:20 UTC`. */
export const minute = (at: Date | string): string =>
  `${new Date(at).toISOString().slice(0, 16).replace('T', ' ')} UTC`;
