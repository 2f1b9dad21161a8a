import type { Person } from '@lockstep/aws-emulator';
import type { ApproverRole } from '../../../tasks/payloads.ts';

const person = (name: string, groups: readonly string[], description: string): Person => ({
  name,
  email: `${name}@example.com`,
  groups,
  description,
});

/** The developer whose commits the sample application has. */
export const developer = person('dana', [], 'developer, approves nothing');

/** The operator who redrives in an unattended run. */
export const operator = person('olga', ['operator'], 'operator, redrives what failed');

/** Everybody who can sign in to a local run. The groups are those of the approvals site. */
export const people: readonly Person[] = [
  person('quinn', ['qc'], 'approves as QC'),
  person('parker', ['pmo'], 'approves as PMO'),
  person('sam', ['qc', 'pmo'], 'belongs to QC and to PMO, approves once per promotion'),
  developer,
  operator,
];

/** User names of the members of a group. */
export const membersOf = (group: string): readonly string[] =>
  people.filter(({ groups }) => groups.includes(group)).map(({ name }) => name);

/**
 * Who approves as a role in an unattended run: the person whom the options name, then other members of the group, without the
 * person whom the options name for the other role.
 * @returns undefined if there are fewer people than must approve
 */
export function unattendedApprovers(
  role: ApproverRole,
  count: number,
  options: Readonly<Record<ApproverRole, string>>,
): readonly string[] | undefined {
  const other = options[role === 'qc' ? 'pmo' : 'qc'];
  const further = membersOf(role).filter((name) => name !== options[role] && name !== other);
  const names = [options[role], ...further].slice(0, count);
  return names.length < count ? undefined : names;
}
