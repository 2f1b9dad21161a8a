import { readConfig } from '../../infra/config.ts';
import { messageOf } from './invalid-config.ts';

const arn = 'arn:aws:secretsmanager:us-east-1:111122223333:secret:company-AbCdEf';
const oidc = { issuer: 'https://login.example.com/tenant', clientId: 'lockstep', clientSecretArn: arn };
const one = { name: 'Company', oidc, groups: { qc: ['Lockstep QC'] } };

const config = (signIn: unknown, rest: object = {}) => ({
  applications: [{ name: 'orders', runtime: 'nodejs' }],
  approvers: { qc: ['quinn@example.com'], pmo: ['parker@example.com'] },
  operators: ['olga@example.com'],
  signIn,
  ...rest,
});
const providers = (...list: readonly unknown[]) => config({ providers: list });

it('fills in what a provider leaves out', () => {
  expect(readConfig(config({ passwords: false, providers: [one] })).signIn).toEqual({
    passwords: false,
    providers: [
      {
        name: 'Company',
        oidc: { ...oidc, scopes: ['openid', 'email', 'profile'] },
        attributes: { groups: 'groups' },
        emailVerified: false,
        groups: { qc: ['Lockstep QC'], pmo: [], operators: [] },
      },
    ],
  });
});

it.each([
  { ...one, saml: { metadataUrl: 'https://idp.example.com/metadata?app=1' }, oidc: undefined },
  { ...one, saml: { metadataFile: 'idp/metadata.xml' }, oidc: undefined },
  { ...one, oidc: { ...oidc, issuer: 'http://127.0.0.1:4799' } },
  { ...one, groups: { operators: ['Betrieb für alle', '0f8fad5b-d9cb-469f-a165-70867728950e'] } },
])('takes %j', (provider) => {
  expect(readConfig(providers(provider)).signIn.providers).toHaveLength(1);
});

it.each<[string, unknown, string, string, string]>([
  [
    'no provider without passwords',
    config({ passwords: false }),
    'passwords',
    'false',
    'Nobody could sign in',
  ],
  [
    'two providers of one name',
    providers(one, { ...one, name: 'company' }),
    'providers[1].name',
    '"company"',
    'Give each its own',
  ],
  [
    "Cognito's own name",
    providers({ ...one, name: 'Cognito' }),
    'providers[0].name',
    '"Cognito"',
    'no name that Cognito uses',
  ],
  [
    'a name with an underscore',
    providers({ ...one, name: 'a_company' }),
    'providers[0].name',
    '"a_company"',
    'letters, digits and hyphens',
  ],
  ['a short name', providers({ ...one, name: 'ab' }), 'providers[0].name', '"ab"', '3 to 32'],
  [
    'neither SAML nor OpenID',
    providers({ ...one, oidc: undefined }),
    'providers[0]',
    '"Company"',
    'either saml or oidc',
  ],
  [
    'both',
    providers({ ...one, saml: { metadataFile: 'a.xml' } }),
    'providers[0]',
    '"Company"',
    'either saml or oidc',
  ],
  [
    'SAML without metadata',
    providers({ ...one, oidc: undefined, saml: {} }),
    'providers[0].saml',
    '{}',
    'either metadataUrl or metadataFile',
  ],
  [
    'an issuer by plain HTTP',
    providers({ ...one, oidc: { ...oidc, issuer: 'http://login.example.com' } }),
    'oidc.issuer',
    '"http://login',
    'plain http is for 127.0.0.1 only',
  ],
  [
    'a secret in plain text',
    providers({ ...one, oidc: { ...oidc, clientSecretArn: 'secret' } }),
    'oidc.clientSecretArn',
    '"secret"',
    'Secrets Manager',
  ],
  [
    "another account's secret",
    config({ providers: [one] }, { env: { account: '210987654321' } }),
    'oidc.clientSecretArn',
    '111122223333',
    'give one of 210987654321',
  ],
  [
    'no openid',
    providers({ ...one, oidc: { ...oidc, scopes: ['email'] } }),
    'oidc.scopes',
    '["email"]',
    'Add openid',
  ],
  [
    'an unknown role',
    providers({ ...one, groups: { ...one.groups, admins: ['a'] } }),
    'groups.admins',
    '["a"]',
    'This key is unknown',
  ],
  [
    'no group at all',
    providers({ ...one, groups: {} }),
    'providers[0].groups',
    '{}',
    'Name groups for one role',
  ],
  [
    'an empty name',
    providers({ ...one, groups: { qc: [''] } }),
    'groups.qc[0]',
    '""',
    "names of the company's groups",
  ],
  [
    'two ways to verify',
    providers({ ...one, emailVerified: true, attributes: { emailVerified: 'email_verified' } }),
    'providers[0].emailVerified',
    'true',
    'Leave it out',
  ],
  [
    'too many names',
    providers({ ...one, groups: { qc: Array.from({ length: 20 }, (_, n) => `${n}`.padStart(100, 'x')) } }),
    'signIn.providers',
    'bytes of names',
    'At most 1000 bytes',
  ],
])('fails for %s', (_, value, key, received, remedy) => {
  const [, line, ...more] = messageOf(value).split('\n');
  expect(more).toEqual([]);
  expect(line).toContain(`${key}: received `);
  expect(line).toContain(received);
  expect(line).toContain(remedy);
});
