import { type CheckedAbsence, capacityOf } from '../../tasks/approvals/absence-rules.ts';
import type { ApprovalCounts } from '../../tasks/approvals/approval-counts.ts';
import { isSamePerson } from '../../tasks/approvals/same-person.ts';
import type { Person } from '../../tasks/ledger/items.ts';
import type { ApproverRole } from '../../tasks/payloads.ts';
import { approverRoles, listed, roleTitles } from '../../tasks/words.ts';
import { type Finding, fault } from './finding.ts';

/** Who is in the roles, and how many must approve. */
export interface StaffingFacts {
  /** Applications with these counts. */
  readonly applications: readonly string[];
  readonly counts: ApprovalCounts;
  /** Members of each role's group who can sign in. */
  readonly members: Readonly<Record<ApproverRole, readonly Person[]>>;
  readonly absences: readonly CheckedAbsence[];
  readonly now: Date;
}

/** Everybody whom a decision of this person would count for: the person, and the absent person for whom they decide. */
type Decider = readonly Person[];

/** Who decides in a role now. Somebody without a verified address does not (the rules cannot tell them from others). */
const decidersOf = (role: ApproverRole, { members, absences, now }: StaffingFacts): readonly Decider[] => {
  const substitutes = absences
    .filter(({ absence }) => absence.role === role)
    .map(({ absence: { substitute } }): Person => ({ ...substitute, groups: [] }))
    .filter(({ subject }) => !members[role].some((one) => one.subject === subject));
  return [...members[role], ...substitutes].flatMap((person): Decider[] => {
    if (person.verifiedEmail === '') return [];
    const capacity = capacityOf(person, role, absences, now);
    if (capacity.kind === 'member') return [[person]];
    if (capacity.kind !== 'substitute') return [];
    return [[person, ...capacity.absences.map(({ absent }) => ({ ...absent, groups: [role] }))]];
  });
};

const overlap = (a: Decider, b: Decider): boolean =>
  a.some((one) => b.some((other) => isSamePerson(one, other)));

/** Deciders of whom no two are, or stand for, the same person. */
const different = (deciders: readonly Decider[]): readonly Decider[] => {
  const kept: Decider[] = [];
  for (const one of deciders) if (!kept.some((other) => overlap(one, other))) kept.push(one);
  return kept;
};

const namesOf = (deciders: readonly Decider[]): string =>
  deciders.length === 0 ? 'nobody' : listed(deciders.map(([person]) => person?.name ?? ''));

const ADD =
  'Add people to the groups of the user pool (docs/deploy-to-aws.md, "Deploy"), each with a verified e-mail address of their own.';

/**
 * Roles without enough people who may decide: one person decides in one role of a promotion, and once. Makers of a change, who do
 * not decide about it, come on top.
 */
export const staffingFindings = (facts: StaffingFacts): readonly Finding[] => {
  const { applications, counts, members } = facts;
  const of = listed(applications);
  const byRole = approverRoles.map((role) => ({ role, able: different(decidersOf(role, facts)) }));
  const short = byRole.flatMap(({ role, able }) => {
    const unverified = members[role].filter(({ verifiedEmail }) => verifiedEmail === '');
    return able.length >= counts[role]
      ? []
      : [
          fault(
            `${roleTitles[role]} of ${of} has too few people who may decide`,
            `${able.length} of ${counts[role]}: ${namesOf(able)}${unverified.length === 0 ? '' : `; without a verified address: ${listed(unverified.map(({ name }) => name))}`}`,
            ADD,
          ),
        ];
  });
  if (short.length > 0) return short;
  const all = different(byRole.flatMap(({ able }) => able));
  const needed = counts.qc + counts.pmo;
  return all.length >= needed
    ? []
    : [
        fault(
          `QC and PMO of ${of} have too few different people`,
          `${all.length} of ${needed}: ${namesOf(all)}`,
          `The same person cannot approve in both roles. ${ADD}`,
        ),
      ];
};
