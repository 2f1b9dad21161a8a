import type { ApplicationConfig } from '../../config.ts';

/** Roles that mail is addressed to: the message attribute `role` of what is published. Mail to developers names its `recipients`. */
const mailRoles = ['qc', 'pmo', 'operator'] as const;
type MailRole = (typeof mailRoles)[number];

/** SNS filter policy on message attributes. */
type FilterPolicy = Readonly<Record<string, unknown>>;

/** One e-mail address and what it wants to hear. */
interface Subscription {
  readonly address: string;
  readonly filterPolicy: FilterPolicy;
}

/**
 * Who hears what. SNS keeps one subscription per topic and address (D-011), so one filter says everything about an address:
 * the roles it has, and, where it does not have them for every application, the applications; of a developer, what is addressed to them.
 */
export function subscriptions(
  applications: readonly Pick<ApplicationConfig, 'name' | 'approvers' | 'operators' | 'developers'>[],
): readonly Subscription[] {
  const applicationsOf = new Map<string, Map<MailRole, string[]>>();
  const developerAddresses = new Set(applications.flatMap(({ developers }) => developers));
  for (const address of developerAddresses) applicationsOf.set(address, new Map());
  for (const { name, approvers, operators } of applications)
    for (const [role, addresses] of [
      ['qc', approvers.qc.addresses],
      ['pmo', approvers.pmo.addresses],
      ['operator', operators],
    ] as const)
      for (const address of new Set(addresses)) {
        const roles = applicationsOf.get(address) ?? new Map<MailRole, string[]>();
        applicationsOf.set(address, roles);
        roles.set(role, [...(roles.get(role) ?? []), name]);
      }
  return [...applicationsOf]
    .map(([address, roles]) => ({
      address,
      filterPolicy: eitherOf([
        ...ofRoles(roles, applications.length),
        ...(developerAddresses.has(address) ? [{ recipients: [address] }] : []),
      ]),
    }))
    .sort((a, b) => (a.address < b.address ? -1 : 1));
}

function ofRoles(roles: ReadonlyMap<MailRole, readonly string[]>, all: number): readonly FilterPolicy[] {
  const rolesOf = new Map<string, { roles: MailRole[]; applications: readonly string[] }>();
  for (const role of mailRoles) {
    const applications = roles.get(role);
    if (!applications) continue;
    const group = rolesOf.get(applications.join());
    if (group) group.roles.push(role);
    else rolesOf.set(applications.join(), { roles: [role], applications });
  }
  return [...rolesOf.values()].map(({ roles, applications }) => ({
    role: roles,
    ...(applications.length < all && { application: applications }),
  }));
}

const eitherOf = (alternatives: readonly FilterPolicy[]): FilterPolicy => {
  const [only, ...others] = alternatives;
  return only && others.length === 0 ? only : { $or: alternatives };
};
