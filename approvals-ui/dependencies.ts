import type { CheckedAbsence } from '../tasks/approvals/absence-rules.ts';
import type { endAbsence, handOver } from '../tasks/approvals/absences.ts';
import type { DecideInput, DecideOutcome } from '../tasks/approvals/decide.ts';
import type { PolicyOf } from '../tasks/approvals/decision-rules.ts';
import type { declareFreeze, endFreeze } from '../tasks/calendar/freezes.ts';
import type { askOverride, decideOverride } from '../tasks/calendar/overrides.ts';
import type { Executions } from '../tasks/executions/execution.ts';
import type { GoBackOutcome } from '../tasks/go-back/go-back.ts';
import type { Rebake } from '../tasks/images/rebake.ts';
import type { Person, Promotion } from '../tasks/ledger/items.ts';
import type { Ledger } from '../tasks/ledger/ledger.ts';
import type { MarkOutcome } from '../tasks/marks/mark-bad.ts';
import type { UnmarkRuling } from '../tasks/marks/mark-rules.ts';
import type { AskSoak } from '../tasks/soak/invoke-soak.ts';
import type { AcceptRuling, AskedAcceptance } from '../tasks/vulnerabilities/accept-finding.ts';
import type { EnvironmentRegions } from './console-links.ts';
import type { Identity } from './sign-in/identity.ts';
import type { SessionStore } from './sign-in/sessions.ts';

/** What the pages read of the ledger. */
type SiteLedger = Pick<
  Ledger,
  | 'promotion'
  | 'promotions'
  | 'openPromotions'
  | 'approvalById'
  | 'approvals'
  | 'latestApproval'
  | 'openApprovals'
  | 'jobs'
  | 'denials'
  | 'absences'
  | 'lock'
  | 'mark'
  | 'marks'
  | 'live'
  | 'missingSubscriptions'
  | 'rebake'
  | 'environmentStatus'
  | 'imageReport'
  | 'calendar'
  | 'declaredFreezes'
  | 'overrides'
>;

/** Everything that the site needs from outside. */
export interface SiteDependencies {
  /** Where people reach the site, without a path: `https://…` or, on this machine, `http://127.0.0.1:…`. */
  readonly siteUrl: string;
  readonly ledger: SiteLedger;
  /** Names of the configured applications, whose locks are shown. */
  readonly applications: readonly string[];
  /** Regions that links to the console use. @default the region of the executions */
  readonly environmentRegions?: EnvironmentRegions;
  readonly decide: (input: DecideInput) => Promise<DecideOutcome>;
  readonly policyOf: PolicyOf;
  /** Version of an application's configuration as it is deployed. */
  readonly configurationVersion: (application: string) => string;
  /** A person with the groups and the verified address that they have now; a token knows only those of the pool itself. */
  readonly personNow: (person: Person) => Promise<Person>;
  /** The groups that a person is in now; a session keeps those of its sign-in. */
  readonly groupsNow: (person: Person) => Promise<readonly string[]>;
  /** Absences that concern a person now. */
  readonly absencesOf: (person: Person) => Promise<readonly CheckedAbsence[]>;
  readonly handOver: ReturnType<typeof handOver>;
  readonly endAbsence: ReturnType<typeof endAbsence>;
  readonly declareFreeze: ReturnType<typeof declareFreeze>;
  readonly endFreeze: ReturnType<typeof endFreeze>;
  readonly askOverride: ReturnType<typeof askOverride>;
  readonly decideOverride: ReturnType<typeof decideOverride>;
  readonly executions: Executions;
  /** Records as evidence that a person asks for a redrive. @param redrive its number; 1 is the first */
  readonly noteRedrive: (promotionId: string, redrive: number, person: Person) => Promise<void>;
  /** Records that a person wants the next attempt at Prod to be made although alarms are on, and why. */
  readonly noteDespiteAlarms: (promotionId: string, reason: string, person: Person) => Promise<void>;
  /** Records as evidence that a person stops a promotion, and why. */
  readonly noteStop: (promotionId: string, reason: string, person: Person) => Promise<void>;
  /** Promotes an earlier release again, recorded with who asks and why. */
  readonly goBack: (
    release: Pick<Promotion, 'promotionId' | 'application'>,
    reason: string,
    person: Person,
  ) => Promise<GoBackOutcome>;
  /** Marks a commit bad, and ends its promotions that wait. */
  readonly markBad: (
    commit: Pick<Promotion, 'application' | 'commitId'>,
    reason: string,
    person: Person,
  ) => Promise<MarkOutcome>;
  /** Unmarks a commit, if somebody else marked it. */
  readonly unmarkBad: (
    commit: Pick<Promotion, 'application' | 'commitId'>,
    reason: string,
    person: Person,
  ) => Promise<UnmarkRuling>;
  /** Asks for new images of an application. */
  readonly rebake: (application: string, person: Person) => Promise<Rebake>;
  /** Accepts a vulnerability that stopped a promotion, if the rules allow it. */
  readonly acceptFinding: (
    promotion: Promotion,
    asked: AskedAcceptance,
    person: Person,
  ) => Promise<AcceptRuling>;
  /** Text of an inventory or of findings in the evidence bucket; undefined if there is none. */
  readonly readImageDocument: (objectKey: string) => Promise<string | undefined>;
  /** Asks how a promotion's soak stands, or for something in it. */
  readonly askSoak: AskSoak;
  readonly identity: Identity;
  readonly sessions: SessionStore;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
  /** A line for the log: who did what, and what failed. Never a secret. */
  readonly log: (event: Readonly<Record<string, unknown>>) => void;
}
