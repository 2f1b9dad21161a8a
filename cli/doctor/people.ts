import {
  AdminListGroupsForUserCommand,
  UserNotFoundException,
} from '@aws-sdk/client-cognito-identity-provider';
import { type CheckedAbsence, isActive } from '../../tasks/approvals/absence-rules.ts';
import { readApprovalCounts } from '../../tasks/approvals/approval-counts.ts';
import { createRoleMembers } from '../../tasks/approvals/role-members.ts';
import { createDynamoDbLedger } from '../../tasks/ledger/dynamodb-ledger.ts';
import { declared, type SynthesizedStack } from './assembly.ts';
import type { Finding } from './finding.ts';
import { type Place, physicalIds } from './place.ts';
import { staffingFindings } from './staffing.ts';

/** What a company's provider says of its people is known only when they sign in. */
const haveProvider = (stacks: readonly SynthesizedStack[]): boolean =>
  declared(stacks, 'AWS::Cognito::UserPoolIdentityProvider').length > 0;

/** Applications by how many people must approve, as the functions have it. */
const applicationsByCounts = (
  stacks: readonly SynthesizedStack[],
): ReadonlyMap<string, ReadonlySet<string>> => {
  const byCounts = new Map<string, Set<string>>();
  for (const { properties } of declared(stacks, 'AWS::Lambda::Function')) {
    const { Variables = {} } = (properties.Environment ?? {}) as { Variables?: Record<string, unknown> };
    const { APPLICATION: application, APPROVAL_COUNTS: counts } = Variables;
    if (typeof application === 'string' && typeof counts === 'string')
      byCounts.set(counts, (byCounts.get(counts) ?? new Set()).add(application));
  }
  return byCounts;
};

/** Looks at who is in the roles' groups, and at absences. */
export const checkPeople = async (place: Place): Promise<readonly Finding[]> => {
  const { cognito, dynamoDb } = place.clients;
  const [userPoolId] = physicalIds(place, 'AWS::Cognito::UserPool');
  const [tableName] = physicalIds(place, 'AWS::DynamoDB::Table');
  if (userPoolId === undefined || tableName === undefined || haveProvider(place.stacks)) return [];
  const membersOf = createRoleMembers(userPoolId, cognito);
  const members = { qc: await membersOf('qc'), pmo: await membersOf('pmo') };
  const isMember = async (name: string, role: string): Promise<boolean> => {
    try {
      const { Groups = [] } = await cognito.send(
        new AdminListGroupsForUserCommand({ UserPoolId: userPoolId, Username: name }),
      );
      return Groups.some(({ GroupName }) => GroupName === role);
    } catch (error) {
      if (error instanceof UserNotFoundException) return false;
      throw error;
    }
  };
  const active = (await createDynamoDbLedger(tableName, dynamoDb).absences()).filter((absence) =>
    isActive(absence, place.now),
  );
  const absences: CheckedAbsence[] = await Promise.all(
    active.map(async (absence) => ({
      absence,
      absentIsMember: await isMember(absence.absent.name, absence.role),
    })),
  );
  return [...applicationsByCounts(place.stacks)].flatMap(([counts, applications]) =>
    staffingFindings({
      applications: [...applications].sort(),
      counts: readApprovalCounts(counts),
      members,
      absences,
      now: place.now,
    }),
  );
};
