import type { HistoryEvent } from '@aws-sdk/client-sfn';
import type { DecideInput, DecideOutcome } from '../tasks/approvals/decide.ts';
import type { ApprovalPolicy } from '../tasks/approvals/rules.ts';
import type { Person } from '../tasks/ledger/items.ts';
import type { Ledger } from '../tasks/ledger/ledger.ts';
import type { Identity } from './sign-in/identity.ts';

/** What the pages read of the ledger. */
export type SiteLedger = Pick<
  Ledger,
  'promotion' | 'promotions' | 'approvalById' | 'approvals' | 'openApprovals' | 'jobs' | 'refusals'
>;

/** How an execution of the state machine stands. */
export interface Execution {
  readonly status: string;
  /** Whether Step Functions would accept a redrive. */
  readonly redrivable: boolean;
  readonly redrives: number;
  /** Milliseconds since the epoch. */
  readonly startedAt: number;
  readonly endedAt?: number;
  readonly error?: string;
  readonly cause?: string;
  /** The definition that this execution runs, in the States Language. */
  readonly definition: string;
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
  ) => Promise<{ readonly kind: 'redriven' } | { readonly kind: 'refused'; readonly message: string }>;
}

/** Everything that the site needs from outside. */
export interface SiteDependencies {
  /** Where people reach the site, without a path: `https://…` or, on this machine, `http://127.0.0.1:…`. */
  readonly siteUrl: string;
  readonly ledger: SiteLedger;
  readonly decide: (input: DecideInput) => Promise<DecideOutcome>;
  readonly policy: ApprovalPolicy;
  /** Version of an application's configuration as it is deployed. */
  readonly configurationVersion: (application: string) => string;
  /** The groups that somebody is in now: a session remembers those of its sign-in. */
  readonly groupsNow: (person: Person) => Promise<readonly string[]>;
  readonly executions: Executions;
  /** Records as evidence that somebody asks for the promotion's redrive of that number, 1 being the first. */
  readonly noteRedrive: (promotionId: string, redrive: number, person: Person) => Promise<void>;
  readonly identity: Identity;
  /** The secret that session keys are derived from; at least 32 characters. */
  readonly sessionSecret: () => Promise<string>;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
  /** A line for the log: who did what, and what failed. Never a secret. */
  readonly log: (event: Readonly<Record<string, unknown>>) => void;
}
