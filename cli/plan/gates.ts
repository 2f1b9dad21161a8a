import { capacityOf } from '../../tasks/approvals/absence-rules.ts';
import { type RuledRequest, ruleOnMember } from '../../tasks/approvals/decision-rules.ts';
import { dotsIgnoredBy, isSamePerson } from '../../tasks/approvals/same-person.ts';
import type { Person } from '../../tasks/ledger/items.ts';
import type { ApproverRole } from '../../tasks/payloads.ts';
import { approverRoles, listed, roleTitles, utcTime } from '../../tasks/words.ts';
import type { PlanFacts } from './facts.ts';

/** One role's decision, as it would be asked for. */
export interface Gate {
  readonly role: ApproverRole;
  /** How many different people must approve. */
  readonly count: number;
  /** User names of those who may decide; a substitute with for whom. Absent if it is not known. */
  readonly mayDecide?: readonly string[];
  readonly mayNot?: readonly { readonly name: string; readonly why: string }[];
  /** Why the role cannot approve. Absent if it can, or if it is not known. */
  readonly shortage?: string;
}

type StaffedFacts = PlanFacts & Required<Pick<PlanFacts, 'settings' | 'request' | 'members'>>;

/** Everybody who may be in question: members, and substitutes who are not. */
const peopleOf = (role: ApproverRole, { members, absences }: StaffedFacts): readonly Person[] => [
  ...members[role],
  ...absences
    .filter(({ absence }) => absence.role === role)
    .map(({ absence: { substitute } }): Person => ({ ...substitute, groups: [] }))
    .filter(
      ({ subject }, index, all) =>
        ![...members[role], ...all.slice(0, index)].some((one) => one.subject === subject),
    ),
];

/** Why a person may not decide in a role; undefined if they may. */
function whyNot(person: Person, request: RuledRequest, facts: StaffedFacts): string | undefined {
  const { absences, now, settings } = facts;
  const capacity = capacityOf(person, request.role, absences, now, dotsIgnoredBy(request));
  if (capacity.kind === 'none') return 'not in the role now';
  if (capacity.kind === 'absent')
    return `handed ${roleTitles[request.role]} to ${capacity.absence.substitute.name} until ${utcTime(capacity.absence.until)}`;
  const choices = capacity.kind === 'substitute' ? capacity.absences : [undefined];
  const rulings = choices.map((absence) =>
    ruleOnMember(request, { person, approvals: [], policy: settings }, absence),
  );
  const [first] = rulings;
  return rulings.includes(undefined) || first?.kind !== 'denied' ? undefined : first.message;
}

const different = (people: readonly Person[], dotsIgnoredIn: readonly string[]): number =>
  people.filter(
    (person, index) => !people.slice(0, index).some((one) => isSamePerson(one, person, dotsIgnoredIn)),
  ).length;

/** What each role would be asked, and who may answer, by the rules that decide about decisions. */
export function gatesOf(facts: PlanFacts): readonly Gate[] {
  const { settings, request, members } = facts;
  if (settings === undefined) return [];
  const { counts } = settings;
  if (request === undefined || members === undefined)
    return approverRoles.map((role) => ({ role, count: counts[role] }));
  const staffed: StaffedFacts = { ...facts, settings, request, members };
  const dotsIgnoredIn = dotsIgnoredBy(request);
  const byRole = approverRoles.map((role) => {
    const ruled = peopleOf(role, staffed).map((person) => ({
      person,
      why: whyNot(person, { ...request, role, decisions: [] }, staffed),
    }));
    const able = ruled.filter(({ why }) => why === undefined).map(({ person }) => person);
    return { role, ruled, able, number: different(able, dotsIgnoredIn) };
  });
  const all = different(
    byRole.flatMap(({ able }) => able),
    dotsIgnoredIn,
  );
  const needed = counts.qc + counts.pmo;
  return byRole.map(({ role, ruled, able, number }): Gate => {
    const shortage =
      number < counts[role]
        ? `${counts[role]} must approve, and ${number === 0 ? 'nobody' : `only ${listed(able.map(({ name }) => name))}`} may.`
        : role === 'pmo' && all < needed
          ? `QC and PMO need ${needed} different people, and only ${all} may decide.`
          : undefined;
    return {
      role,
      count: counts[role],
      mayDecide: able.map(({ name }) => name),
      mayNot: ruled.flatMap(({ person, why }) => (why === undefined ? [] : [{ name: person.name, why }])),
      ...(shortage !== undefined && { shortage }),
    };
  });
}
