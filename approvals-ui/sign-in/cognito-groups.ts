import {
  CognitoIdentityProviderClient,
  paginateAdminListGroupsForUser,
  UserNotFoundException,
} from '@aws-sdk/client-cognito-identity-provider';
import type { SiteDependencies } from '../dependencies.ts';

/** Reads the groups that somebody is in from a Cognito user pool; nobody who has left it is in any. */
export const createCognitoGroups =
  (userPoolId: string, client = new CognitoIdentityProviderClient({})): SiteDependencies['groupsNow'] =>
  async ({ name }) => {
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
