import { Duration, RemovalPolicy, Stack } from 'aws-cdk-lib';
import {
  AccountRecovery,
  CfnManagedLoginBranding,
  FeaturePlan,
  ManagedLoginVersion,
  Mfa,
  OAuthScope,
  StandardThreatProtectionMode,
  UserPool,
  type UserPoolClient,
  UserPoolClientIdentityProvider,
} from 'aws-cdk-lib/aws-cognito';
import { Construct } from 'constructs';

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
  constructor(scope: Construct, id: string, { siteUrl }: { siteUrl: string }) {
    super(scope, id);
    this.userPool = new UserPool(this, 'UserPool', {
      selfSignUpEnabled: false,
      signInAliases: { username: true, email: true },
      autoVerify: { email: true },
      standardAttributes: { email: { required: true, mutable: true } },
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
      supportedIdentityProviders: [UserPoolClientIdentityProvider.COGNITO],
      preventUserExistenceErrors: true,
      enableTokenRevocation: true,
      accessTokenValidity: Duration.hours(1),
      idTokenValidity: Duration.hours(1),
    });
    // Without a style, the pages are not shown.
    new CfnManagedLoginBranding(this, 'Branding', {
      userPoolId: this.userPool.userPoolId,
      clientId: this.client.userPoolClientId,
      useCognitoProvidedValues: true,
    });
  }
}
