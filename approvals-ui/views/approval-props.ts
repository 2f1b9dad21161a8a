import type { Ruling } from '../../tasks/approvals/decision-rules.ts';
import type { Approval, Person, Promotion } from '../../tasks/ledger/items.ts';
import type { PromotionRecord } from '../../tasks/promotions/read-promotion.ts';
import type { LaterFindings } from '../../tasks/vulnerabilities/finding.ts';
import type { ConsoleLinks } from '../console-links.ts';
import type { PromotionGraph } from '../graph/steps.ts';

/** Everything that one approval's page shows. */
export interface ApprovalPageProps extends Omit<PromotionRecord, 'execution'> {
  readonly person: Person;
  readonly path: string;
  readonly now: number;
  readonly approval: Approval;
  /** What Prod runs now. */
  readonly live: Promotion | undefined;
  /** Undefined if Step Functions has forgotten the execution. */
  readonly graph: PromotionGraph | undefined;
  readonly links: ConsoleLinks;
  /** What became known about the QAT image since it was built; undefined if nothing was looked for. */
  readonly later: LaterFindings | undefined;
  /** What the rules say about this person and this request. */
  readonly ruling: Ruling;
  /** After this time a decision needs another sign-in. */
  readonly freshSignInMinutes: number;
  /** Why the decision that was just sent was denied. */
  readonly denial?: Extract<Ruling, { kind: 'denied' }>;
}
