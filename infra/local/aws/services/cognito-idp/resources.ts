import { randomBytes } from 'node:crypto';
import { exportJWK, generateKeyPair } from 'jose';
import { readProperties } from '../../assembly/properties.ts';
import type { Host, ResourceContext, ResourceProperties, ResourceProvider } from '../../host.ts';
import { identityProvider, standardAttributes } from './identity-provider.ts';
import { inPool, issuerOf, OWN_PROVIDER, type PoolTables, poolArn, stableLetters } from './pools.ts';

const POOL = 'AWS::Cognito::UserPool';
const CLIENT = 'AWS::Cognito::UserPoolClient';
const DOMAIN = 'AWS::Cognito::UserPoolDomain';
const GROUP = 'AWS::Cognito::UserPoolGroup';
const BRANDING = 'AWS::Cognito::ManagedLoginBranding';

/** The CloudFormation types of user pools. */
export const cognitoResources = (
  host: Host,
  tables: PoolTables,
): Readonly<Record<string, ResourceProvider>> => ({
  [POOL]: userPool(host, tables),
  [CLIENT]: userPoolClient(tables),
  [DOMAIN]: userPoolDomain(tables),
  [GROUP]: userPoolGroup(tables),
  'AWS::Cognito::UserPoolIdentityProvider': identityProvider(tables),
  [BRANDING]: managedLoginBranding(tables),
});

const userPool = (host: Host, tables: PoolTables): ResourceProvider => {
  const apply = async (id: string, properties: ResourceProperties, context: ResourceContext) => {
    const read = readProperties(POOL, context, properties);
    read.only(
      'UserPoolName',
      'AdminCreateUserConfig',
      // Passwords, second factors, mails and sign-up make no difference here: people are picked from a list.
      'AccountRecoverySetting',
      'AliasAttributes',
      'AutoVerifiedAttributes',
      'DeletionProtection',
      'DeviceConfiguration',
      'EmailConfiguration',
      'EmailVerificationMessage',
      'EmailVerificationSubject',
      'EnabledMfas',
      'MfaConfiguration',
      'Policies',
      'Schema',
      'SmsConfiguration',
      'SmsVerificationMessage',
      'UserAttributeUpdateSettings',
      'UserPoolAddOns',
      'UserPoolTags',
      'UserPoolTier',
      'UsernameAttributes',
      'UsernameConfiguration',
      'VerificationMessageTemplate',
    );
    if (!tables.keys.has(id)) tables.keys.put(id, await newKeys());
    const customAttributes = read
      .each('Schema')
      .map((attribute) => attribute.string('Name'))
      .filter((name) => !standardAttributes.includes(name));
    tables.pools.put(id, {
      id,
      name: read.optionalString('UserPoolName') ?? context.generatedName(128),
      customAttributes,
      isProtected: read.optionalString('DeletionProtection') === 'ACTIVE',
    });
    const providerName = `cognito-idp.${host.region}.amazonaws.com/${id}`;
    return {
      physicalId: id,
      attributes: {
        Arn: poolArn(host, id),
        ProviderName: providerName,
        ProviderURL: issuerOf(host, id),
        UserPoolId: id,
      },
    };
  };
  return {
    create: (properties, context) =>
      apply(`${host.region}_${stableLetters(9, 'pool', context.generatedName())}`, properties, context),
    update: (properties, context, { state }) => apply(state.physicalId, properties, context),
    delete: ({ physicalId }) => {
      tables.pools.delete(physicalId);
      tables.keys.delete(physicalId);
    },
  };
};

const newKeys = async () => {
  const { privateKey } = await generateKeyPair('RS256', { modulusLength: 2048, extractable: true });
  const kid = randomBytes(12).toString('base64url');
  return {
    signing: { ...(await exportJWK(privateKey)), kid, use: 'sig', alg: 'RS256' },
    cookies: randomBytes(32).toString('base64url'),
  };
};

const userPoolClient = (tables: PoolTables): ResourceProvider => {
  const apply = (id: string, properties: ResourceProperties, context: ResourceContext) => {
    const read = readProperties(CLIENT, context, properties);
    read.only(
      'UserPoolId',
      'ClientName',
      'CallbackURLs',
      'AllowedOAuthFlows',
      'AllowedOAuthFlowsUserPoolClient',
      'AllowedOAuthScopes',
      'GenerateSecret',
      'SupportedIdentityProviders',
      'WriteAttributes',
      // Lifetimes, other ways to sign in and reading attributes make no difference here.
      'AccessTokenValidity',
      'AuthSessionValidity',
      'DefaultRedirectURI',
      'EnablePropagateAdditionalUserContextData',
      'EnableTokenRevocation',
      'ExplicitAuthFlows',
      'IdTokenValidity',
      'LogoutURLs',
      'PreventUserExistenceErrors',
      'ReadAttributes',
      'RefreshTokenRotation',
      'RefreshTokenValidity',
      'TokenValidityUnits',
    );
    const userPoolId = read.string('UserPoolId');
    if (!tables.pools.has(userPoolId)) throw read.error('UserPoolId', 'must be a user pool of this run');
    if (read.optionalBoolean('GenerateSecret') === true) {
      throw read.error('GenerateSecret', 'must be false: the emulator knows public clients (PKCE) only');
    }
    if (!read.strings('AllowedOAuthFlows').includes('code')) {
      throw read.error('AllowedOAuthFlows', 'must contain code, the only flow of the emulator');
    }
    const callbackUrls = read.strings('CallbackURLs');
    const wrong = callbackUrls.find((url) => !URL.canParse(url));
    if (callbackUrls.length === 0 || wrong !== undefined) {
      throw read.error('CallbackURLs', 'must be a list of one or more absolute URLs');
    }
    const scopes = read.strings('AllowedOAuthScopes');
    if (!scopes.includes('openid')) throw read.error('AllowedOAuthScopes', 'must contain openid');
    const name = read.optionalString('ClientName') ?? context.generatedName(128);
    const identityProviders = read.strings('SupportedIdentityProviders');
    const missing = identityProviders.find(
      (one) => one !== OWN_PROVIDER && !tables.identityProviders.has(inPool(userPoolId, one)),
    );
    if (missing !== undefined)
      throw read.error('SupportedIdentityProviders', `must name providers of the pool; ${missing} is none`);
    tables.clients.put(id, {
      id,
      userPoolId,
      name,
      callbackUrls,
      scopes,
      ...(identityProviders.length > 0 && { identityProviders }),
      ...(read.has('WriteAttributes') && { writeAttributes: read.strings('WriteAttributes') }),
    });
    return { physicalId: id, attributes: { ClientId: id, Name: name } };
  };
  const idFor = (properties: ResourceProperties, context: ResourceContext) =>
    stableLetters(26, 'client', context.generatedName(), String(properties.UserPoolId));
  return {
    create: (properties, context) => apply(idFor(properties, context), properties, context),
    // Another pool is another client (CloudFormation replaces it).
    update: (properties, context) => apply(idFor(properties, context), properties, context),
    delete: ({ physicalId }) => tables.clients.delete(physicalId),
  };
};

const userPoolDomain = (tables: PoolTables): ResourceProvider => {
  const apply = (properties: ResourceProperties, context: ResourceContext) => {
    const read = readProperties(DOMAIN, context, properties);
    read.only('UserPoolId', 'Domain', 'CustomDomainConfig', 'ManagedLoginVersion');
    const domain = read.string('Domain');
    if (!read.has('CustomDomainConfig') && !/^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/.test(domain)) {
      throw read.error(
        'Domain',
        'must be 1 to 63 lower-case letters, digits and hyphens, no hyphen at an end',
      );
    }
    const userPoolId = read.string('UserPoolId');
    if (!tables.pools.has(userPoolId)) throw read.error('UserPoolId', 'must be a user pool of this run');
    tables.domains.put(domain, { userPoolId });
    return { physicalId: domain, attributes: { Id: domain, CloudFrontDistribution: '127.0.0.1' } };
  };
  return {
    create: apply,
    update: apply,
    delete: ({ physicalId }) => tables.domains.delete(physicalId),
  };
};

const userPoolGroup = (tables: PoolTables): ResourceProvider => {
  const key = (userPoolId: string, name: string) => `${userPoolId}/${name}`;
  const apply = (properties: ResourceProperties, context: ResourceContext) => {
    const read = readProperties(GROUP, context, properties);
    read.only('UserPoolId', 'GroupName', 'Description', 'Precedence', 'RoleArn');
    const userPoolId = read.string('UserPoolId');
    if (!tables.pools.has(userPoolId)) throw read.error('UserPoolId', 'must be a user pool of this run');
    const name = read.optionalString('GroupName') ?? context.generatedName(128);
    tables.groups.put(key(userPoolId, name), { userPoolId, name });
    return { physicalId: name, attributes: {} };
  };
  return {
    create: apply,
    update: (properties, context, { state, properties: before }) => {
      const after = apply(properties, context);
      // The pool is no part of the physical id; a group that moved leaves its old pool here.
      if (before.UserPoolId !== properties.UserPoolId) {
        tables.groups.delete(key(String(before.UserPoolId), state.physicalId));
      }
      return after;
    },
    delete: ({ physicalId }, _context, properties) =>
      tables.groups.delete(key(String(properties.UserPoolId), physicalId)),
  };
};

/** How the pages look makes no difference here. */
const managedLoginBranding = (tables: PoolTables): ResourceProvider => {
  const apply = (properties: ResourceProperties, context: ResourceContext) => {
    const read = readProperties(BRANDING, context, properties);
    read.only('UserPoolId', 'ClientId', 'UseCognitoProvidedValues', 'Settings', 'Assets');
    const userPoolId = read.string('UserPoolId');
    if (!tables.pools.has(userPoolId)) throw read.error('UserPoolId', 'must be a user pool of this run');
    const clientId = read.string('ClientId');
    if (!tables.clients.has(clientId)) throw read.error('ClientId', 'must be a client of this run');
    return { physicalId: `${userPoolId}|${clientId}`, attributes: { ManagedLoginBrandingId: clientId } };
  };
  return { create: apply, update: apply, delete: () => undefined };
};
