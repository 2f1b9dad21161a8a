import type { CheckedAbsence } from '../approvals/absence-rules.ts';
import type { PolicyOf } from '../approvals/decision-rules.ts';
import type { OperatorRuling } from '../approvals/operator-rules.ts';
import { identityOf } from '../approvals/same-person.ts';
import type { Person, Promotion } from '../ledger/items.ts';
import { type Ledger, LedgerConflictError } from '../ledger/ledger.ts';
import type { Notices } from '../notices/notice.ts';
import { overrideAskedNotices, overrideDecidedNotice } from '../notices/override-notices.ts';
import { readReason } from '../promotions/reason.ts';
import type { Held } from './hold-rules.ts';
import type { Override } from './override.ts';
import { mayDecideOverride, type OverrideDenial, whyNotAsk } from './override-rules.ts';

/** What overrides need. */
export interface OverrideDependencies {
  readonly ledger: Pick<Ledger, 'approvals' | 'overrides' | 'addOverride' | 'replaceOverride'>;
  readonly policyOf: PolicyOf;
  /** Absences that concern a person now. */
  readonly absencesOf: (person: Person) => Promise<readonly CheckedAbsence[]>;
  readonly notices: Notices;
  readonly siteUrl: string;
  readonly now: () => Date;
}

/** What came of it. A denial is an expected outcome. */
export type OverrideOutcome =
  | { readonly kind: 'done'; readonly override: Override }
  | ({ readonly kind: 'denied' } & OverrideDenial);

const CHANGED: OverrideOutcome = {
  kind: 'denied',
  reason: 'NotPossible',
  message: 'Somebody else asked or decided at the same moment. Reload the page.',
};

/** An operator asks that a promotion goes on during a freeze; approvers are mailed. */
export function askOverride({ ledger, policyOf, notices, siteUrl, now }: OverrideDependencies) {
  return async function askOverride(
    promotion: Promotion,
    held: Held | undefined,
    operator: OperatorRuling,
    person: Person,
    reason: string,
  ): Promise<OverrideOutcome> {
    const { promotionId, application } = promotion;
    const [overrides, requests] = await Promise.all([
      ledger.overrides(promotionId),
      ledger.approvals(promotionId),
    ]);
    const policy = policyOf(application);
    const denial = whyNotAsk({ operator, person, held, overrides, requests, policy, reason });
    if (denial !== undefined || held === undefined)
      return denial === undefined ? CHANGED : { kind: 'denied', ...denial };
    const override: Override = {
      promotionId,
      application,
      environment: held.environment,
      attempt: overrides.length + 1,
      reason: readReason(reason) ?? '',
      holds: held.holds.map(({ id, name, until }) => ({ id, name, ...(until !== undefined && { until }) })),
      askedBy: identityOf(person),
      askedAt: now().toISOString(),
    };
    try {
      await ledger.addOverride(override);
    } catch (error) {
      if (error instanceof LedgerConflictError) return CHANGED;
      throw error;
    }
    for (const notice of overrideAskedNotices(override, promotion, siteUrl)) await notices.send(notice);
    return { kind: 'done', override };
  };
}

/** An approver confirms or declines it; operators are mailed. */
export function decideOverride({
  ledger,
  policyOf,
  absencesOf,
  notices,
  siteUrl,
  now,
}: OverrideDependencies) {
  return async function decideOverride(
    promotion: Promotion,
    attempt: number,
    decision: 'confirm' | 'decline',
    person: Person,
    signedInAt: number,
  ): Promise<OverrideOutcome> {
    const { promotionId, application } = promotion;
    const [overrides, requests, absences] = await Promise.all([
      ledger.overrides(promotionId),
      ledger.approvals(promotionId),
      absencesOf(person),
    ]);
    const override = overrides.find((one) => one.attempt === attempt);
    if (override === undefined) return CHANGED;
    const policy = policyOf(application);
    const ruling = mayDecideOverride(override, {
      person,
      signedInAt,
      requests,
      policy,
      absences,
      now: now(),
    });
    if (ruling.kind === 'denied') return ruling;
    const { role, absence } = ruling;
    const decided: Override = {
      ...override,
      decision: {
        decision,
        role,
        person: identityOf(person),
        at: now().toISOString(),
        signedInAt: new Date(signedInAt).toISOString(),
        ...(absence && {
          absence: { absenceId: absence.absenceId, absent: absence.absent, until: absence.until },
        }),
      },
    };
    try {
      await ledger.replaceOverride(override, decided);
    } catch (error) {
      if (error instanceof LedgerConflictError) return CHANGED;
      throw error;
    }
    await notices.send(overrideDecidedNotice(decided, promotion, siteUrl));
    return { kind: 'done', override: decided };
  };
}
