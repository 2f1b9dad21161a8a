import {
  AdminGetUserCommand,
  CognitoIdentityProviderClient,
  paginateAdminListGroupsForUser,
  UserNotFoundException,
} from '@aws-sdk/client-cognito-identity-provider';
import type { AbsenceDependencies } from '../../tasks/approvals/absences.ts';
import { attributesOf, verifiedAddressOf } from '../../tasks/approvals/pool-user.ts';
import type { SiteDependencies } from '../dependencies.ts';
import { type CompanyProvider, companyAccount } from './company-account.ts';

/**
 * Reads people from a Cognito user pool: their groups there, and what the company's provider said at their last sign-in.
 * Somebody who has left the pool, or whose account is disabled, is in no group; nor is a later account of the same name.
 */
export function createCognitoPeople(
  userPoolId: string,
  providers: readonly CompanyProvider[],
  client = new CognitoIdentityProviderClient({}),
): Pick<SiteDependencies, 'personNow' | 'groupsNow'> & Pick<AbsenceDependencies, 'findPerson'> {
  async function groupsInPool(Username: string): Promise<readonly string[]> {
    const groups: string[] = [];
    const pages = paginateAdminListGroupsForUser({ client }, { UserPoolId: userPoolId, Username });
    for await (const { Groups = [] } of pages)
      groups.push(...Groups.flatMap(({ GroupName }) => GroupName ?? []));
    return groups;
  }

  const personNow: SiteDependencies['personNow'] = async (person) => {
    try {
      const groups = await groupsInPool(person.name);
      // Nothing says that Cognito lists no groups of a disabled account, and another account may get a user name later.
      const user = await client.send(
        new AdminGetUserCommand({ UserPoolId: userPoolId, Username: person.name }),
      );
      const attributes = attributesOf(user.UserAttributes);
      if (user.Enabled !== true || attributes.sub !== person.subject) return { ...person, groups: [] };
      const account = companyAccount(attributes, providers);
      return account
        ? { ...person, ...account, groups: [...new Set([...groups, ...account.groups])] }
        : { ...person, groups };
    } catch (error) {
      if (error instanceof UserNotFoundException) return { ...person, groups: [] };
      throw error;
    }
  };

  const findPerson: AbsenceDependencies['findPerson'] = async (name) => {
    try {
      const user = await client.send(new AdminGetUserCommand({ UserPoolId: userPoolId, Username: name }));
      const attributes = attributesOf(user.UserAttributes);
      const account = companyAccount(attributes, providers);
      return {
        subject: attributes.sub ?? '',
        name: user.Username ?? name,
        verifiedEmail: account?.verifiedEmail ?? verifiedAddressOf(attributes),
        isEnabled: user.Enabled === true,
      };
    } catch (error) {
      if (error instanceof UserNotFoundException) return undefined;
      throw error;
    }
  };
  return { personNow, findPerson, groupsNow: async (person) => (await personNow(person)).groups };
}
