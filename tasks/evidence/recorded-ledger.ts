import type { Promotion } from '../ledger/items.ts';
import type { Ledger } from '../ledger/ledger.ts';
import type { AppendEvidence } from './append-evidence.ts';
import type { Fact } from './chain.ts';
import {
  approvalFacts,
  beginning,
  denialFacts,
  despiteAlarmsAsked,
  ended,
  isRecordedCount,
  jobFacts,
  overrideFacts,
  redriven,
  secretScanned,
} from './facts.ts';

/** What recording needs. */
interface Recording {
  readonly append: AppendEvidence;
  readonly now: () => Date;
  /** How promotions begin that are added here. @default by the event of a push, or by an operator who goes back */
  readonly begin?: (promotion: Promotion) => Fact;
}

/**
 * A ledger that keeps the evidence as well: each write records what it shows to have happened, and
 * cannot forget to. What a crash between both leaves out is added when the record is sealed.
 */
export const recordedLedger = (ledger: Ledger, { append, now, begin = beginning }: Recording): Ledger => ({
  ...ledger,
  addPromotion: async (promotion) => {
    await ledger.addPromotion(promotion);
    await append(promotion.promotionId, begin(promotion));
  },
  updatePromotion: async (promotionId, change) => {
    await ledger.updatePromotion(promotionId, change);
    if (change.despiteAlarms !== undefined)
      await append(promotionId, despiteAlarmsAsked(change.despiteAlarms));
    if (change.secretScan !== undefined) await append(promotionId, secretScanned(change.secretScan));
    const { status, redrives, endedAt, error, cause } = change;
    if (status === undefined || redrives === undefined) return;
    const again = Array.from({ length: redrives }, (_, index) => redriven(index + 1, now().toISOString()));
    const end = endedAt === undefined ? [] : [ended({ redrives, at: endedAt, status, error, cause })];
    await append(promotionId, ...again, ...end);
  },
  replaceJob: async (before, after) => {
    await ledger.replaceJob(before, after);
    // Tokens change far more often than what happened.
    const isAsked = before.sentBack !== after.sentBack || before.soakEnded !== after.soakEnded;
    if (before.status !== after.status || isAsked) await append(after.promotionId, ...jobFacts(after));
  },
  addApproval: async (approval) => {
    await ledger.addApproval(approval);
    await append(approval.promotionId, ...approvalFacts(approval, now().toISOString()));
  },
  replaceApproval: async (before, after) => {
    await ledger.replaceApproval(before, after);
    if (before.status === after.status && before.decisions.length === after.decisions.length) return;
    await append(after.promotionId, ...approvalFacts(after, now().toISOString()));
  },
  addOverride: async (override) => {
    await ledger.addOverride(override);
    await append(override.promotionId, ...overrideFacts(override));
  },
  replaceOverride: async (before, after) => {
    await ledger.replaceOverride(before, after);
    await append(after.promotionId, ...overrideFacts(after));
  },
  addDenial: async (attempt) => {
    const denial = await ledger.addDenial(attempt);
    if (isRecordedCount(denial.count)) await append(denial.promotionId, ...denialFacts(denial));
    return denial;
  },
});
