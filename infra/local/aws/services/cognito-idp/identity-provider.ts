import { readProperties } from '../../assembly/properties.ts';
import type { ResourceContext, ResourceProperties, ResourceProvider } from '../../host.ts';
import { inPool, type PoolTables } from './pools.ts';

const TYPE = 'AWS::Cognito::UserPoolIdentityProvider';

/** Attributes that every pool has, of those that providers are asked for. */
export const standardAttributes: readonly string[] = [
  'email',
  'email_verified',
  'family_name',
  'given_name',
  'name',
  'preferred_username',
];

/** What each kind of provider needs; of SAML, one of the two. */
const needed: Readonly<Record<string, readonly string[]>> = {
  OIDC: ['client_id', 'client_secret', 'oidc_issuer', 'authorize_scopes', 'attributes_request_method'],
  SAML: [],
};

/** A provider that a pool federates with: by OpenID Connect really, by SAML only declared. */
export const identityProvider = (tables: PoolTables): ResourceProvider => {
  const apply = (properties: ResourceProperties, context: ResourceContext) => {
    const read = readProperties(TYPE, context, properties);
    read.only(
      'UserPoolId',
      'ProviderName',
      'ProviderType',
      'ProviderDetails',
      'AttributeMapping',
      'IdpIdentifiers',
    );
    const userPoolId = read.string('UserPoolId');
    const pool = tables.pools.get(userPoolId);
    if (!pool) throw read.error('UserPoolId', 'must be a user pool of this run');
    const name = read.string('ProviderName');
    if (!/^[^_\s]{3,32}$/.test(name) || /^cognito$/i.test(name))
      throw read.error(
        'ProviderName',
        'must have 3 to 32 characters, no space, no underscore, and not be Cognito',
      );
    const type = read.string('ProviderType');
    const keys = needed[type];
    if (!keys) throw read.error('ProviderType', 'must be OIDC or SAML');
    const details = read.stringMap('ProviderDetails');
    const missing = keys.find((key) => !details[key]);
    if (missing !== undefined) throw read.error('ProviderDetails', `must have ${missing}`);
    if (type === 'SAML' && !details.MetadataURL === !details.MetadataFile)
      throw read.error('ProviderDetails', 'must have either MetadataURL or MetadataFile');
    const attributeMapping = read.stringMap('AttributeMapping');
    const known = [
      'username',
      ...standardAttributes,
      ...(pool.customAttributes ?? []).map((custom) => `custom:${custom}`),
    ];
    const unknown = Object.keys(attributeMapping).find((attribute) => !known.includes(attribute));
    if (unknown !== undefined)
      throw read.error('AttributeMapping', `must map attributes of the pool; ${unknown} is none`);
    tables.identityProviders.put(inPool(userPoolId, name), {
      userPoolId,
      name,
      type,
      details,
      attributeMapping,
    });
    return { physicalId: name, attributes: {} };
  };
  const remove = (poolId: unknown, name: string) => {
    tables.identityProviders.delete(inPool(String(poolId), name));
  };
  return {
    create: apply,
    update: (properties, context, { state, properties: before }) => {
      const after = apply(properties, context);
      // The pool is no part of the physical id.
      if (before.UserPoolId !== properties.UserPoolId) remove(before.UserPoolId, state.physicalId);
      return after;
    },
    delete: ({ physicalId }, _context, properties) => remove(properties.UserPoolId, physicalId),
  };
};
