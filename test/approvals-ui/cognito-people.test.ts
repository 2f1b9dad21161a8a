import {
  AdminListGroupsForUserCommand,
  CognitoIdentityProviderClient,
  UserNotFoundException,
} from '@aws-sdk/client-cognito-identity-provider';
import { createCognitoGroups } from '../../approvals-ui/sign-in/cognito-groups.ts';
import { aPerson } from '../tasks/doubles/samples.ts';
import { because, double, offline, on } from '../tasks/doubles/sdk.ts';

const groupsWith = (answer: Parameters<typeof on<AdminListGroupsForUserCommand['input'], object>>[1]) =>
  double(new CognitoIdentityProviderClient(offline), on(AdminListGroupsForUserCommand, answer));

describe('groups in a Cognito user pool', () => {
  it('are those of the person now, from every page', async () => {
    const { client, sent } = groupsWith(({ NextToken }) =>
      NextToken === undefined
        ? { Groups: [{ GroupName: 'qc' }], NextToken: 'next' }
        : { Groups: [{ GroupName: 'operator' }] },
    );
    const groupsNow = createCognitoGroups('us-east-1_pool', client);
    expect(await groupsNow(aPerson('quinn', { groups: ['pmo'] }))).toEqual(['qc', 'operator']);
    expect(sent[0]?.input).toMatchObject({ UserPoolId: 'us-east-1_pool', Username: 'quinn' });
  });

  it('are none for somebody who has left the pool', async () => {
    const { client } = groupsWith(() => {
      throw new UserNotFoundException(because('User does not exist.'));
    });
    expect(await createCognitoGroups('us-east-1_pool', client)(aPerson('quinn'))).toEqual([]);
  });

  it('fail if they cannot be read, instead of being taken from the session', async () => {
    const { client } = groupsWith(() => {
      throw new Error('throttled');
    });
    await expect(createCognitoGroups('us-east-1_pool', client)(aPerson('quinn'))).rejects.toThrow(
      'throttled',
    );
  });
});
