import {
  CognitoIdentityProviderClient,
  paginateAdminListGroupsForUser,
  UserNotFoundException,
} from '@aws-sdk/client-cognito-identity-provider';
import type { SiteDependencies } from '../dependencies.ts';

/** Reads a person's groups from a Cognito user pool; a person who has left the pool is in none. */
export function createCognitoGroups(
  userPoolId: string,
  client = new CognitoIdentityProviderClient({}),
): SiteDependencies['groupsNow'] {
  return async function groupsNow({ name }) {
    const groups: string[] = [];
    try {
      const pages = paginateAdminListGroupsForUser({ client }, { UserPoolId: userPoolId, Username: name });
      for await (const { Groups = [] } of pages)
        groups.push(...Groups.flatMap(({ GroupName }) => GroupName ?? []));
    } catch (error) {
      if (error instanceof UserNotFoundException) return [];
      throw error;
    }
    return groups;
  };
}
