import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { addChecks } from '../../../infra/aws/nag-checks.ts';
import { text } from '../../../scripts/templates.ts';
import { synthesize } from './support/synthesize.ts';
import { ofType, only, stackOf, type Template } from './support/templates.ts';
import { temporaryDirectory } from './support/temporary-directory.ts';

const SECRET = 'arn:aws:secretsmanager:us-east-1:111122223333:secret:company-AbCdEf';
const groups = { qc: ['Lockstep QC'], pmo: ['Lockstep PMO'], operators: ['Lockstep operators'] };
const oidc = { issuer: 'https://login.example.com', clientId: 'lockstep', clientSecretArn: SECRET };

const platformWith = (signIn: unknown): Template =>
  stackOf(
    synthesize(
      {
        applications: [{ name: 'orders', runtime: 'nodejs' }],
        approvers: { qc: ['qc@example.com'], pmo: ['pmo@example.com'] },
        operators: ['operators@example.com'],
        signIn,
      },
      addChecks,
    ),
    'Lockstep-Platform',
  );
const metadataFile = () => {
  const file = join(temporaryDirectory(), 'metadata.xml');
  writeFileSync(file, '<md:EntityDescriptor><md:IDPSSODescriptor/></md:EntityDescriptor>');
  return file;
};

const siteOf = (platform: Template) => {
  const [, { Properties }] = only(platform, 'AWS::Lambda::Function', 'ApprovalsSite');
  return (Properties.Environment as { Variables: Record<string, string> }).Variables;
};
const actionsOnPeople = (platform: Template) =>
  [...JSON.stringify(ofType(platform, 'AWS::IAM::Policy')).matchAll(/cognito-idp:\w+/g)].map(
    ([action]) => action,
  );

describe("with the company's providers", () => {
  const file = metadataFile();
  const platform = platformWith({
    passwords: false,
    providers: [
      { name: 'Company', oidc, groups, emailVerified: true },
      {
        name: 'Partner',
        saml: { metadataFile: file },
        attributes: { groups: 'memberOf', emailVerified: 'verified' },
        groups,
      },
      { name: 'Third', saml: { metadataUrl: 'https://idp.example.com/metadata' }, groups },
    ],
  });
  const providers = Object.fromEntries(
    ofType(platform, 'AWS::Cognito::UserPoolIdentityProvider').map(([id, { Properties }]) => [
      String(Properties.ProviderName),
      { id, ...Properties },
    ]),
  ) as Record<string, Record<string, unknown>>;

  it('the pool federates by OpenID Connect, and the template has only a reference to the secret', () => {
    expect(providers.Company).toMatchObject({
      ProviderType: 'OIDC',
      AttributeMapping: { email: 'email', name: 'name', 'custom:groups': 'groups' },
    });
    const details = providers.Company?.ProviderDetails as Record<string, unknown>;
    expect(details).toMatchObject({
      client_id: 'lockstep',
      oidc_issuer: 'https://login.example.com',
      authorize_scopes: 'openid email profile',
      attributes_request_method: 'GET',
    });
    expect(text(details.client_secret)).toBe(`{{resolve:secretsmanager:${SECRET}:SecretString:::}}`);
    expect(providers.Company?.AttributeMapping).not.toHaveProperty('email_verified');
  });

  it('the pool federates by SAML, from a file or an address', () => {
    expect(providers.Partner).toMatchObject({
      ProviderType: 'SAML',
      ProviderDetails: { MetadataFile: expect.stringContaining('IDPSSODescriptor') },
      AttributeMapping: {
        email: 'http://schemas.xmlsoap.org/ws/2005/05/identity/claims/emailaddress',
        name: 'http://schemas.xmlsoap.org/ws/2005/05/identity/claims/name',
        email_verified: 'verified',
        'custom:groups': 'memberOf',
      },
    });
    expect(providers.Third).toMatchObject({
      ProviderDetails: { MetadataURL: 'https://idp.example.com/metadata' },
    });
  });

  it('the client knows them alone, after they are there, and may write what they send', () => {
    const [, client] = only(platform, 'AWS::Cognito::UserPoolClient');
    expect(client.Properties.SupportedIdentityProviders).toEqual(['Company', 'Partner', 'Third']);
    expect(client.DependsOn).toEqual(expect.arrayContaining(Object.values(providers).map(({ id }) => id)));
    expect(client.Properties.WriteAttributes).toEqual(['custom:groups', 'email', 'email_verified', 'name']);
  });

  it('nobody can write the attribute of the groups: no token may, and no function', () => {
    const [, client] = only(platform, 'AWS::Cognito::UserPoolClient');
    expect(client.Properties.ExplicitAuthFlows).toEqual(['ALLOW_REFRESH_TOKEN_AUTH']);
    expect(client.Properties.AllowedOAuthScopes).not.toContain('aws.cognito.signin.user.admin');
    const [, pool] = only(platform, 'AWS::Cognito::UserPool');
    expect(pool.Properties.AdminCreateUserConfig).toEqual({ AllowAdminCreateUserOnly: true });
    expect(new Set(actionsOnPeople(platform))).toEqual(
      new Set(['cognito-idp:AdminListGroupsForUser', 'cognito-idp:AdminGetUser']),
    );
  });

  it('the site is told whose addresses count, and the roles of groups', () => {
    expect(JSON.parse(siteOf(platform).SIGN_IN_PROVIDERS ?? '')).toEqual([
      { name: 'Company', emailVerified: true, groups },
      { name: 'Partner', emailVerified: 'claim', groups },
      { name: 'Third', emailVerified: false, groups },
    ]);
  });
});

describe("without the company's providers", () => {
  const platform = platformWith({});

  it('people of the pool sign in, and the site reads groups, and who a substitute is', () => {
    const [, client] = only(platform, 'AWS::Cognito::UserPoolClient');
    expect(client.Properties.SupportedIdentityProviders).toEqual(['COGNITO']);
    expect(client.Properties).not.toHaveProperty('WriteAttributes');
    expect(siteOf(platform).SIGN_IN_PROVIDERS).toBe('[]');
    expect(new Set(actionsOnPeople(platform))).toEqual(
      new Set(['cognito-idp:AdminListGroupsForUser', 'cognito-idp:AdminGetUser']),
    );
  });

  it("the pool has the attribute for groups already, as a pool's attributes cannot be taken away", () => {
    const [, pool] = only(platform, 'AWS::Cognito::UserPool');
    expect(pool.Properties.Schema).toContainEqual(
      expect.objectContaining({ Name: 'groups', AttributeDataType: 'String', Mutable: true }),
    );
  });
});

it.each([
  ['cannot be read', () => 'nowhere.xml'],
  [
    'has no IDPSSODescriptor',
    () => {
      const file = join(temporaryDirectory(), 'wrong.xml');
      writeFileSync(file, '<html/>');
      return file;
    },
  ],
])('fails for SAML metadata that %s', (message, file) => {
  const providers = [{ name: 'Company', saml: { metadataFile: file() }, groups }];
  expect(() => platformWith({ providers })).toThrow(
    expect.objectContaining({ name: 'ConfigError', message: expect.stringContaining(message) }),
  );
});
