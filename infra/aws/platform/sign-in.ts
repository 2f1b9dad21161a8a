import { readFileSync } from 'node:fs';
import { Duration, RemovalPolicy, SecretValue, Stack } from 'aws-cdk-lib';
import {
  AccountRecovery,
  type AttributeMapping,
  CfnManagedLoginBranding,
  ClientAttributes,
  FeaturePlan,
  ManagedLoginVersion,
  Mfa,
  OAuthScope,
  ProviderAttribute,
  StandardThreatProtectionMode,
  StringAttribute,
  UserPool,
  type UserPoolClient,
  UserPoolClientIdentityProvider,
  UserPoolIdentityProviderOidc,
  UserPoolIdentityProviderSaml,
  UserPoolIdentityProviderSamlMetadata,
} from 'aws-cdk-lib/aws-cognito';
import { Construct } from 'constructs';
import { COMPANY_GROUPS } from '../../../approvals-ui/sign-in/company-account.ts';
import { ConfigError, type SignInConfig } from '../../config.ts';

/** The roles that the approvals site knows, and what each may do. */
const groups = {
  qc: 'Decides whether what runs on QAT is good enough.',
  pmo: 'Decides whether it goes to production.',
  operator: 'Redrives failed promotions and stops running ones.',
} as const;

/** Who people are: a user pool whose members administrators add, or that federates with the company's own provider. */
export class SignIn extends Construct {
  readonly userPool: UserPool;
  readonly client: UserPoolClient;

  /** @param siteUrl where the approvals site is served, without a slash at the end */
  constructor(
    scope: Construct,
    id: string,
    { siteUrl, config }: { readonly siteUrl: string; readonly config: SignInConfig },
  ) {
    super(scope, id);
    this.userPool = new UserPool(this, 'UserPool', {
      selfSignUpEnabled: false,
      signInAliases: { username: true, email: true },
      autoVerify: { email: true },
      standardAttributes: { email: { required: true, mutable: true } },
      // Always there: a pool cannot lose an attribute again.
      customAttributes: {
        [COMPANY_GROUPS.replace('custom:', '')]: new StringAttribute({ mutable: true, maxLen: 2048 }),
      },
      accountRecovery: AccountRecovery.EMAIL_ONLY,
      // A password alone must not release to production.
      mfa: Mfa.REQUIRED,
      mfaSecondFactor: { otp: true, sms: false },
      passwordPolicy: {
        minLength: 12,
        requireLowercase: true,
        requireUppercase: true,
        requireDigits: true,
        requireSymbols: true,
        tempPasswordValidity: Duration.days(3),
      },
      // Rejects passwords known from leaks and stops guessing.
      featurePlan: FeaturePlan.PLUS,
      standardThreatProtectionMode: StandardThreatProtectionMode.FULL_FUNCTION,
      deletionProtection: true,
      removalPolicy: RemovalPolicy.RETAIN,
    });
    for (const [groupName, description] of Object.entries(groups))
      this.userPool.addGroup(`Group ${groupName}`, { groupName, description });
    this.userPool.addDomain('Domain', {
      // Domain prefixes are unique over all accounts of a region.
      cognitoDomain: { domainPrefix: `lockstep-${Stack.of(this).account}` },
      // The classic pages ignore `prompt=login`: nobody could sign in again for a decision, or as another person (D-075).
      managedLoginVersion: ManagedLoginVersion.NEWER_MANAGED_LOGIN,
    });
    const providers = config.providers.map((one) => this.addProvider(one));
    this.client = this.userPool.addClient('Site', {
      // Public client: the code flow's PKCE stands for a secret.
      generateSecret: false,
      // By the pages alone: a sign-in by API gives a token that may change its user's own e-mail address, and the rules compare that
      // address with those of a change's makers and approvers.
      authFlows: { userSrp: false },
      oAuth: {
        flows: { authorizationCodeGrant: true },
        scopes: [OAuthScope.OPENID, OAuthScope.EMAIL, OAuthScope.PROFILE],
        callbackUrls: [`${siteUrl}/signed-in`],
        logoutUrls: [`${siteUrl}/`],
      },
      supportedIdentityProviders: [
        ...(config.passwords ? [UserPoolClientIdentityProvider.COGNITO] : []),
        ...config.providers.map(({ name }) => UserPoolClientIdentityProvider.custom(name)),
      ],
      // Cognito writes what a provider says by the client's own permission. People cannot use it: they get no token that may.
      ...(providers.length > 0 && {
        writeAttributes: new ClientAttributes()
          .withStandardAttributes({ email: true, emailVerified: true, fullname: true })
          .withCustomAttributes(COMPANY_GROUPS),
      }),
      preventUserExistenceErrors: true,
      enableTokenRevocation: true,
      accessTokenValidity: Duration.hours(1),
      idTokenValidity: Duration.hours(1),
    });
    // A client can name only providers that are there.
    this.client.node.addDependency(...providers);
    // Without a style, the pages are not shown.
    new CfnManagedLoginBranding(this, 'Branding', {
      userPoolId: this.userPool.userPoolId,
      clientId: this.client.userPoolClientId,
      useCognitoProvidedValues: true,
    });
  }

  private addProvider({ name, saml, oidc, attributes }: SignInConfig['providers'][number]): Construct {
    const wsFederation = 'http://schemas.xmlsoap.org/ws/2005/05/identity/claims';
    const claim = (given: string | undefined, oidcName: string, samlName: string) =>
      ProviderAttribute.other(given ?? (saml ? `${wsFederation}/${samlName}` : oidcName));
    const attributeMapping: AttributeMapping = {
      email: claim(attributes.email, 'email', 'emailaddress'),
      fullname: claim(attributes.name, 'name', 'name'),
      ...(attributes.emailVerified !== undefined && {
        emailVerified: ProviderAttribute.other(attributes.emailVerified),
      }),
      custom: { [COMPANY_GROUPS]: ProviderAttribute.other(attributes.groups) },
    };
    const shared = { userPool: this.userPool, name, attributeMapping };
    if (oidc)
      return new UserPoolIdentityProviderOidc(this, `Provider ${name}`, {
        ...shared,
        issuerUrl: oidc.issuer,
        clientId: oidc.clientId,
        // CloudFormation reads it when it deploys: the template has a reference only.
        clientSecret: SecretValue.secretsManager(oidc.clientSecretArn).unsafeUnwrap(),
        scopes: [...oidc.scopes],
      });
    const { metadataUrl, metadataFile = '' } = saml ?? {};
    return new UserPoolIdentityProviderSaml(this, `Provider ${name}`, {
      ...shared,
      metadata:
        metadataUrl === undefined
          ? UserPoolIdentityProviderSamlMetadata.file(readMetadata(name, metadataFile))
          : UserPoolIdentityProviderSamlMetadata.url(metadataUrl),
    });
  }
}

/** @throws ConfigError if the file cannot be read, or holds no metadata of a SAML provider */
function readMetadata(provider: string, file: string): string {
  const fault = (what: string) =>
    new ConfigError(
      `The SAML metadata of the provider ${provider} ${what}: received ${JSON.stringify(file)}. Give metadataFile the path of the XML file that the provider offers.`,
    );
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (error) {
    throw fault(`cannot be read (${(error as Error).message})`);
  }
  if (!/<(?:\w+:)?IDPSSODescriptor[\s/>]/.test(text)) throw fault('has no IDPSSODescriptor');
  return text;
}
