import { startUserPool } from './user-pool.ts';

const administrator = { kind: 'administrator' } as const;

describe('the groups of a user pool', () => {
  let pool: Awaited<ReturnType<typeof startUserPool>>;
  beforeAll(async () => {
    pool = await startUserPool();
  });
  afterAll(() => pool.stop());
  const call = (operation: string, input: object) =>
    pool.host.call<{ Groups?: { GroupName?: string }[]; NextToken?: string }>(
      administrator,
      'cognito-idp',
      operation,
      { UserPoolId: pool.poolId, ...input },
    );
  const groupsOf = async (Username: string) =>
    (await call('AdminListGroupsForUser', { Username })).Groups?.map(({ GroupName }) => GroupName);

  it('change when somebody is put in or taken out, for that person alone', async () => {
    expect(await groupsOf('sam')).toEqual(['qc', 'pmo']);
    await call('AdminRemoveUserFromGroup', { Username: 'sam', GroupName: 'qc' });
    await call('AdminAddUserToGroup', { Username: 'sam', GroupName: 'operator' });
    expect(await groupsOf('sam')).toEqual(['pmo', 'operator']);
    expect(await groupsOf('quinn')).toEqual(['qc']);
  });

  it('list their members with their attributes, in pages', async () => {
    const list = (input: object) =>
      pool.host.call<{ Users?: { Username?: string; Attributes?: object[] }[]; NextToken?: string }>(
        administrator,
        'cognito-idp',
        'ListUsersInGroup',
        { UserPoolId: pool.poolId, GroupName: 'pmo', ...input },
      );
    const { Users = [] } = await list({});
    expect(Users.map(({ Username }) => Username)).toEqual(expect.arrayContaining(['parker', 'sam']));
    expect(Users[0]?.Attributes).toContainEqual({ Name: 'email_verified', Value: 'true' });
    const first = await list({ Limit: 1 });
    const second = await list({ Limit: 1, NextToken: first.NextToken });
    expect([first.Users?.length, second.Users?.length]).toEqual([1, 1]);
    await expect(list({ GroupName: 'unknown' })).rejects.toMatchObject({ name: 'ResourceNotFoundException' });
  });

  it('come in pages', async () => {
    const first = await call('AdminListGroupsForUser', { Username: 'sam', Limit: 1 });
    expect(first.Groups).toHaveLength(1);
    const second = await call('AdminListGroupsForUser', { Username: 'sam', NextToken: first.NextToken });
    expect(second.Groups).toHaveLength(1);
  });

  it('has people with their subject and verified address', async () => {
    const user = await pool.host.call<{ UserAttributes: { Name: string; Value: string }[] }>(
      administrator,
      'cognito-idp',
      'AdminGetUser',
      { UserPoolId: pool.poolId, Username: 'sam' },
    );
    expect(user).toMatchObject({ Username: 'sam', Enabled: true });
    expect(Object.fromEntries(user.UserAttributes.map(({ Name, Value }) => [Name, Value]))).toEqual({
      sub: expect.stringMatching(/^[0-9a-f-]{36}$/),
      email: 'sam@example.com',
      email_verified: 'true',
    });
    await expect(call('AdminGetUser', { Username: 'nobody' })).rejects.toMatchObject({
      name: 'UserNotFoundException',
    });
  });

  it.each([
    ['somebody unknown', { Username: 'nobody' }, 'UserNotFoundException'],
    ['an unknown pool', { Username: 'sam', UserPoolId: 'us-east-1_unknown' }, 'ResourceNotFoundException'],
    ['an unknown group', { Username: 'sam', GroupName: 'unknown' }, 'ResourceNotFoundException'],
  ])('fail for %s', async (_, input, name) => {
    await expect(call('AdminAddUserToGroup', { GroupName: 'qc', ...input })).rejects.toMatchObject({ name });
  });
});
