import {
  AdminListGroupsForUserCommand,
  ListUsersInGroupCommand,
  UserNotFoundException,
} from '@aws-sdk/client-cognito-identity-provider';
import { QueryCommand } from '@aws-sdk/client-dynamodb';
import { marshall } from '@aws-sdk/util-dynamodb';
import { checkPeople } from '../../../cli/doctor/people.ts';
import { because, on } from '../../tasks/doubles/sdk.ts';
import { aPlace } from './support.ts';

const user = (name: string) => ({
  Username: name,
  Enabled: true,
  Attributes: [
    { Name: 'sub', Value: `subject-${name}` },
    { Name: 'email', Value: `${name}@example.com` },
    { Name: 'email_verified', Value: 'true' },
  ],
});
const asPerson = (name: string) => ({
  subject: `subject-${name}`,
  name,
  verifiedEmail: `${name}@example.com`,
});
const absence = {
  absenceId: 'a',
  role: 'pmo',
  absent: asPerson('parker'),
  substitute: asPerson('paula'),
  from: '2026-11-20T00:00:00Z',
  until: '2026-11-30T00:00:00Z',
  reason: 'vacation',
  setAt: '2026-11-19T00:00:00Z',
};

const pool = { Pool: ['AWS::Cognito::UserPool', 'pool'], Table: ['AWS::DynamoDB::Table', 'table'] } as const;
const counts = (application: string, json: string) =>
  [
    'AWS::Lambda::Function',
    'f',
    { Environment: { Variables: { APPLICATION: application, APPROVAL_COUNTS: json } } },
  ] as const;

const findings = async (
  { qc, pmo, left = [] }: { qc: string[]; pmo: string[]; left?: string[] },
  resources: Parameters<typeof aPlace>[0] = { ...pool, One: counts('orders', '{"qc":1,"pmo":1}') },
) => {
  const groups: Record<string, string[]> = { qc, pmo };
  const place = aPlace(resources, {
    cognito: [
      on(ListUsersInGroupCommand, ({ GroupName = '' }) => ({ Users: (groups[GroupName] ?? []).map(user) })),
      on(AdminListGroupsForUserCommand, ({ Username = '' }) => {
        if (left.includes(Username)) throw new UserNotFoundException(because('no'));
        return {
          Groups: Object.keys(groups)
            .filter((name) => groups[name]?.includes(Username))
            .map((GroupName) => ({ GroupName })),
        };
      }),
    ],
    dynamoDb: [on(QueryCommand, () => ({ Items: [marshall({ pk: 'ABSENCES', sk: 'a', ...absence })] }))],
  });
  return (await checkPeople(place)).map(({ what, value }) => `${what}: ${value}`);
};

it('finds nothing if each role has its people, absences included', async () => {
  expect(await findings({ qc: ['quinn'], pmo: ['parker'] })).toEqual([]);
});

it('counts nobody for an absent person who has left the user pool', async () => {
  expect(await findings({ qc: ['quinn'], pmo: [], left: ['parker'] })).toEqual([
    'PMO of orders has too few people who may decide: 0 of 1: nobody',
  ]);
});

it('names the applications that need more people', async () => {
  const resources = {
    ...pool,
    One: counts('orders', '{"qc":1,"pmo":1}'),
    Two: counts('shop', '{"qc":2,"pmo":1}'),
    Three: counts('books', '{"qc":2,"pmo":1}'),
  };
  expect(await findings({ qc: ['quinn'], pmo: ['parker'] }, resources)).toEqual([
    'QC of books and shop has too few people who may decide: 1 of 2: quinn',
  ]);
});

it.each<[string, Parameters<typeof aPlace>[0]]>([
  ['before the first deployment', { One: counts('orders', '{"qc":1,"pmo":1}') }],
  [
    'where people come from a provider, which alone knows its groups',
    {
      ...pool,
      Provider: ['AWS::Cognito::UserPoolIdentityProvider', 'p'],
      One: counts('orders', '{"qc":1,"pmo":1}'),
    },
  ],
])('looks at nobody %s', async (_, resources) => {
  expect(await findings({ qc: [], pmo: [] }, resources)).toEqual([]);
});
