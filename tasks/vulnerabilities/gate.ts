import { type Acceptance, isInForce } from './acceptance.ts';
import type { ComparedFindings } from './compare-findings.ts';
import { byUrgency, type Finding, rankOf, type Severity } from './finding.ts';

/** A finding that meets all conditions of a rule fails the gate. */
export interface GateRule {
  /** At least so severe. @default any severity */
  readonly severity?: Severity | undefined;
  /** Whether there is a fix. @default either */
  readonly fixable?: boolean | undefined;
  /** Whether it is known to be exploited. @default either */
  readonly knownExploited?: boolean | undefined;
  /** Only what Prod does not have already. @default false */
  readonly new?: boolean | undefined;
}

/** What fails unless something else is configured. */
export const defaultGate: readonly GateRule[] = [
  { severity: 'critical', fixable: true, new: true },
  { knownExploited: true },
];

/** What a gate says of an image. */
export interface GateResult {
  /** What stops it, the most urgent first. */
  readonly failing: readonly Finding[];
  /** What would, had nobody accepted it. */
  readonly accepted: readonly Acceptance[];
}

const meets = (rule: GateRule, finding: Finding, isNew: boolean): boolean =>
  (rule.severity === undefined || rankOf(finding.severity) >= rankOf(rule.severity)) &&
  (rule.fixable === undefined || finding.isFixable === rule.fixable) &&
  (rule.knownExploited === undefined || finding.isKnownExploited === rule.knownExploited) &&
  (isNew || !rule.new);

/** Decides which findings stop an image. */
export function judgeFindings(
  compared: Pick<ComparedFindings, 'new' | 'still'>,
  rules: readonly GateRule[],
  acceptances: readonly Acceptance[],
  now: Date,
): GateResult {
  const isHit = (isNew: boolean) => (finding: Finding) => rules.some((rule) => meets(rule, finding, isNew));
  const hit = [...compared.new.filter(isHit(true)), ...compared.still.filter(isHit(false))];
  const inForce = new Map(
    acceptances.filter((one) => isInForce(one, now)).map((one) => [one.vulnerabilityId, one]),
  );
  return {
    failing: hit.filter(({ vulnerabilityId }) => !inForce.has(vulnerabilityId)).sort(byUrgency),
    accepted: hit.flatMap(({ vulnerabilityId }) => inForce.get(vulnerabilityId) ?? []),
  };
}
