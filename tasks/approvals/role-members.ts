import {
  CognitoIdentityProviderClient,
  paginateListUsersInGroup,
} from '@aws-sdk/client-cognito-identity-provider';
import type { Person } from '../ledger/items.ts';
import type { ApproverRole } from '../payloads.ts';
import { attributesOf, verifiedAddressOf } from './pool-user.ts';

/** Members of a role's group in the user pool, who can sign in. */
export type RoleMembers = (role: ApproverRole) => Promise<readonly Person[]>;

/** Reads the groups of a Cognito user pool. What a company's provider says of its people is known only when they sign in. */
export function createRoleMembers(
  userPoolId: string,
  client = new CognitoIdentityProviderClient({}),
): RoleMembers {
  return async function roleMembers(role) {
    const members: Person[] = [];
    const pages = paginateListUsersInGroup({ client }, { UserPoolId: userPoolId, GroupName: role });
    for await (const { Users = [] } of pages)
      for (const { Username: name = '', Enabled, Attributes } of Users) {
        if (Enabled === false) continue;
        const attributes = attributesOf(Attributes);
        const verifiedEmail = verifiedAddressOf(attributes);
        members.push({ subject: attributes.sub ?? '', name, verifiedEmail, groups: [role] });
      }
    return members;
  };
}
