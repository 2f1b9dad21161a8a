import {
  AdminGetUserCommand,
  type AdminGetUserCommandOutput,
  AdminListGroupsForUserCommand,
  CognitoIdentityProviderClient,
  UserNotFoundException,
} from '@aws-sdk/client-cognito-identity-provider';
import { createCognitoPeople } from '../../approvals-ui/sign-in/cognito-people.ts';
import type { CompanyProvider } from '../../approvals-ui/sign-in/company-account.ts';
import { aPerson } from '../tasks/doubles/samples.ts';
import { because, double, offline, on } from '../tasks/doubles/sdk.ts';

const company: CompanyProvider = {
  name: 'Company',
  emailVerified: true,
  groups: { qc: ['Lockstep QC'], pmo: [], operators: [] },
};

const poolWith = (
  groups: Parameters<typeof on<AdminListGroupsForUserCommand['input'], object>>[1],
  user?: () => Partial<AdminGetUserCommandOutput>,
) =>
  double(
    new CognitoIdentityProviderClient(offline),
    on(AdminListGroupsForUserCommand, groups),
    on(AdminGetUserCommand, ({ Username }) => ({
      Username: undefined,
      Enabled: true,
      UserAttributes: [{ Name: 'sub', Value: `sub-of-${Username}` }],
      ...user?.(),
    })),
  );
const gone = () => {
  throw new UserNotFoundException(because('User does not exist.'));
};

describe('groups in a Cognito user pool', () => {
  it('are those of the person now, from every page', async () => {
    const { client, sent } = poolWith(({ NextToken }) =>
      NextToken === undefined
        ? { Groups: [{ GroupName: 'qc' }], NextToken: 'next' }
        : { Groups: [{ GroupName: 'operator' }] },
    );
    const { groupsNow } = createCognitoPeople('us-east-1_pool', [], client);
    expect(await groupsNow(aPerson('quinn', { groups: ['pmo'] }))).toEqual(['qc', 'operator']);
    expect(sent[0]?.input).toMatchObject({ UserPoolId: 'us-east-1_pool', Username: 'quinn' });
  });

  it.each<[string, Partial<AdminGetUserCommandOutput>]>([
    ['whose account is disabled', { Enabled: false }],
    [
      'whose user name another account has now',
      { UserAttributes: [{ Name: 'sub', Value: 'sub-of-another' }] },
    ],
  ])('are none for somebody %s', async (_, user) => {
    const { client } = poolWith(
      () => ({ Groups: [{ GroupName: 'qc' }] }),
      () => user,
    );
    expect(await createCognitoPeople('us-east-1_pool', [], client).groupsNow(aPerson('quinn'))).toEqual([]);
  });

  it('are none for somebody who has left the pool', async () => {
    const { client } = poolWith(gone);
    expect(await createCognitoPeople('us-east-1_pool', [], client).groupsNow(aPerson('quinn'))).toEqual([]);
  });

  it('fail if they cannot be read, instead of being taken from the session', async () => {
    const { client } = poolWith(() => {
      throw new Error('throttled');
    });
    await expect(
      createCognitoPeople('us-east-1_pool', [], client).groupsNow(aPerson('quinn')),
    ).rejects.toThrow('throttled');
  });
});

describe("somebody of a company's provider", () => {
  const attributes = {
    sub: 'sub-of-Company_ada',
    email: 'Ada@example.com',
    email_verified: 'false',
    identities: JSON.stringify([{ providerName: 'Company', userId: 'ada' }]),
    'custom:groups': 'Lockstep QC',
  };
  const people = (user: Partial<AdminGetUserCommandOutput> = {}, groups: readonly string[] = []) =>
    createCognitoPeople(
      'us-east-1_pool',
      [company],
      poolWith(
        () => ({ Groups: groups.map((GroupName) => ({ GroupName })) }),
        () => ({
          Enabled: true,
          UserAttributes: Object.entries(attributes).map(([Name, Value]) => ({ Name, Value })),
          ...user,
        }),
      ).client,
    );
  const ada = aPerson('Company_ada', { verifiedEmail: '', groups: ['pmo'] });

  it('has the roles of the groups in the company and in the pool, and the address that the company vouches for', async () => {
    expect(await people({}, ['operator', 'qc']).personNow(ada)).toEqual({
      ...ada,
      groups: ['operator', 'qc'],
      verifiedEmail: 'ada@example.com',
    });
    expect(await people().groupsNow(ada)).toEqual(['qc']);
  });

  it('is in no group once the account is disabled', async () => {
    expect(await people({ Enabled: false }, ['pmo']).groupsNow(ada)).toEqual([]);
  });

  it('is somebody of the pool itself without a provider', async () => {
    const quinn = aPerson('quinn', { verifiedEmail: 'quinn@example.com' });
    const own = { sub: quinn.subject, 'custom:groups': 'Lockstep QC' };
    const now = await people({
      UserAttributes: Object.entries(own).map(([Name, Value]) => ({ Name, Value })),
    }).personNow(quinn);
    expect(now).toEqual({ ...quinn, groups: [] });
  });

  it('fails if the account cannot be read', async () => {
    const { client } = poolWith(
      () => ({ Groups: [{ GroupName: 'qc' }] }),
      () => {
        throw new Error('throttled');
      },
    );
    await expect(createCognitoPeople('us-east-1_pool', [company], client).personNow(ada)).rejects.toThrow(
      'throttled',
    );
  });
});

describe('a person to hand a role to', () => {
  const find = async (
    user: Partial<AdminGetUserCommandOutput>,
    providers: readonly CompanyProvider[] = [],
  ) => {
    const { client, sent } = poolWith(
      () => ({ Groups: [] }),
      () => ({ Username: 'olga', Enabled: true, ...user }),
    );
    const found = await createCognitoPeople('us-east-1_pool', providers, client).findPerson(
      'Olga@example.com',
    );
    return { found, sent };
  };
  const attributes = (change: Readonly<Record<string, string>> = {}) =>
    Object.entries({ sub: 'sub-of-olga', email: 'Olga@example.com', email_verified: 'true', ...change }).map(
      ([Name, Value]) => ({ Name, Value }),
    );
  const olga = { subject: 'sub-of-olga', name: 'olga', verifiedEmail: 'olga@example.com', isEnabled: true };

  it.each<[string, Partial<AdminGetUserCommandOutput>, object]>([
    ['is found by a name of the account', { UserAttributes: attributes() }, olga],
    [
      'has no address unless it is verified',
      { UserAttributes: attributes({ email_verified: 'false' }) },
      { ...olga, verifiedEmail: '' },
    ],
    ['is disabled', { UserAttributes: attributes(), Enabled: false }, { ...olga, isEnabled: false }],
  ])('%s', async (_, user, expected) => {
    const { found, sent } = await find(user);
    expect(found).toEqual(expected);
    expect(sent[0]?.input).toEqual({ UserPoolId: 'us-east-1_pool', Username: 'Olga@example.com' });
  });

  it('has the address that the company vouches for, and no other', async () => {
    const identities = JSON.stringify([{ providerName: 'Company', userId: 'olga' }]);
    const user = { UserAttributes: attributes({ email_verified: 'false', identities }) };
    expect((await find(user, [company])).found).toEqual(olga);
    const silent = { UserAttributes: attributes({ identities }) };
    expect((await find(silent, [{ ...company, emailVerified: false }])).found).toEqual({
      ...olga,
      verifiedEmail: '',
    });
  });

  it('is nobody if the pool has no such user, and fails if it cannot be read', async () => {
    const findWith = (user: () => never) =>
      createCognitoPeople('us-east-1_pool', [], poolWith(() => ({ Groups: [] }), user).client).findPerson(
        'x',
      );
    expect(await findWith(gone)).toBeUndefined();
    await expect(
      findWith(() => {
        throw new Error('throttled');
      }),
    ).rejects.toThrow('throttled');
  });
});
